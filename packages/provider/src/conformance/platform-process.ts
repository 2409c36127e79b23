import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AdapterSettings } from '../adapter.ts'
import type { MachineSpec } from '../contract.ts'
import type { PlatformProcess } from './harness.ts'

/** What a platform of one launch is told, as JSON on its standard input: the environment may hold secrets. */
export interface PlatformOrder {
  /** Of the adapter's package. */
  folder: string
  settings: AdapterSettings
  spec: MachineSpec
}

/** Printed once the launch has resolved. */
export const LAUNCHED = 'launched\n'

/** A process that loads the adapter, launches, and stays until it is killed. */
export async function startPlatformProcess(order: PlatformOrder): Promise<PlatformProcess> {
  const own = fileURLToPath(import.meta.url)
  const program = fileURLToPath(new URL(`platform-program${extname(own)}`, import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let said = ''
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2_000)
  })
  const ended = once(child, 'close')
  const launched = new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.includes(LAUNCHED)) resolve()
    })
    child.once('error', reject)
    child.once('close', () =>
      reject(new Error(`the launching process ended: ${complaint || 'it was killed'}`)),
    )
  })
  launched.catch(() => undefined)
  child.stdin.on('error', () => child.kill('SIGKILL'))
  child.stdin.end(JSON.stringify(order))
  return {
    launched,
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}
