import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { EngineProcess } from './engine-process.ts'

const LAUNCHER = fileURLToPath(new URL('../../../../packages/server/bin/zimki.js', import.meta.url))

/** An engine that has the image of our machines. */
export interface MachineEngine {
  engine: EngineProcess
  /** What `zimki up --provider-config` is told. */
  config: { connection: { socket: string } }
  close(): Promise<void>
}

/** An engine of the caller's own, with the image built from this installation as an operator builds it. Needs `dockerd` and root. */
export async function startMachineEngine(): Promise<MachineEngine> {
  const engine = await EngineProcess.start()
  const folder = await mkdtemp(join(tmpdir(), 'image-'))
  const config = { connection: { socket: engine.socket } }
  try {
    const file = join(folder, 'docker.json')
    await writeFile(file, JSON.stringify(config))
    const args = ['provider', 'docker', 'image', '--config', file, '--from', 'installation']
    await promisify(execFile)(process.execPath, [LAUNCHER, ...args])
    return { engine, config, close: () => engine.close() }
  } catch (error) {
    await engine.close()
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
