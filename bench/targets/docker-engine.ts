import { type MachineEngine, startMachineEngine } from '@openzimki/provider-docker/testing'

/** What was measured on an engine, or why it could not be: plainly, and never as if it had been. */
export async function onDockerEngine<T>(
  say: (line: string) => void,
  work: (engine: MachineEngine) => Promise<T>,
): Promise<{ measured: T } | { why: string }> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return { why: 'not measured: a Docker engine is started for this, which takes Linux and root' }
  say('starting a Docker engine and building the image of machines')
  let engine: MachineEngine
  try {
    engine = await startMachineEngine()
  } catch (error) {
    return { why: `not measured: no Docker engine could be started (${(error as Error).message})` }
  }
  try {
    return { measured: await work(engine) }
  } finally {
    await engine.close()
  }
}
