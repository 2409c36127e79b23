import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startProgram, stopProgram, untilAnswers } from './child.ts'
import type { RunningTarget, Target } from './target.ts'

/** The same hello by others, each started as its own documentation says. */
export function peers(benchFolder: string): Target[] {
  const nodeProgram = (name: string, file: string): Target => ({
    name,
    async start() {
      const port = await freePort()
      return running(process.execPath, [join(benchFolder, 'peers', file), String(port)], port)
    },
  })
  return [
    nodeProgram('node:http', 'node-http-server.js'),
    nodeProgram('express', 'express-server.js'),
    { name: 'workerd', start: () => startWorkerd(benchFolder) },
  ]
}

async function startWorkerd(benchFolder: string): Promise<RunningTarget> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'bench-workerd-'))
  const config = join(folder, 'hello.capnp')
  await copyFile(join(benchFolder, 'peers/hello-worker.js'), join(folder, 'hello.js'))
  await writeFile(config, workerdConfig(port))
  const program = join(
    benchFolder,
    'node_modules/@cloudflare',
    WORKERD[`${process.platform}-${process.arch}`] ?? '',
  )
  const clean = () => rm(folder, { recursive: true })
  try {
    const target = await running(join(program, 'bin/workerd'), ['serve', config], port)
    return { ...target, stop: () => target.stop().finally(clean) }
  } catch (error) {
    await clean()
    throw error
  }
}

const WORKERD: Record<string, string> = {
  'darwin-arm64': 'workerd-darwin-arm64',
  'darwin-x64': 'workerd-darwin-64',
  'linux-arm64': 'workerd-linux-arm64',
  'linux-x64': 'workerd-linux-64',
}

function workerdConfig(port: number): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .hello)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const hello :Workerd.Worker = (
  modules = [(name = "hello.js", esModule = embed "hello.js")],
  compatibilityDate = "2026-11-01",
);
`
}

async function running(command: string, args: string[], port: number): Promise<RunningTarget> {
  const child = startProgram(command, args)
  child.stdout?.resume()
  const url = `http://127.0.0.1:${port}/`
  try {
    await untilAnswers(url, child)
  } catch (error) {
    await stopProgram(child)
    throw error
  }
  return { url, pid: child.pid ?? 0, stop: () => stopProgram(child) }
}
