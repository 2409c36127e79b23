import { spawn } from 'node:child_process'
import { homedir } from 'node:os'
import type { CliIo } from './io.ts'
import { processTerminal } from './process-terminal.ts'

/** The CliIo of this very process. The first Ctrl-C asks the command to end, the second ends the process. */
export function processIo(): CliIo {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  // A reader that has seen enough (`zimki logs | head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  const terminal = process.stdin.isTTY && process.stdout.isTTY ? { terminal: processTerminal() } : {}
  return {
    ...terminal,
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
    home: homedir(),
    fetch,
    openUrl,
    signal: stop.signal,
    progressAfterMs: 1_000,
    reconnectAfterMs: 1_000,
  }
}

const OPENERS: Partial<Record<NodeJS.Platform, [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

function openUrl(url: string): Promise<void> {
  const [program, ...args] = OPENERS[process.platform] ?? ['xdg-open']
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true })
    child.once('error', reject)
    child.once('spawn', () => {
      child.unref()
      resolve()
    })
  })
}
