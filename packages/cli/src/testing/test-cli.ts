import type { CliIo, Terminal } from '../io.ts'
import { buildProgram } from '../program.ts'
import { runProgram } from '../run-program.ts'
import { type Answers, fakeApi } from './fake-api.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface TestSetup {
  answers?: Answers
  stdin?: string
  env?: Record<string, string>
  terminal?: Terminal
  tty?: boolean
  /** Every progress is told at once, and the first one stops the command. */
  impatient?: boolean
  files?: Record<string, string>
}

/** A command line with nothing real around it but a folder; for tests. */
export function testCli(setup: TestSetup = {}) {
  const folder = temporaryFolder(setup.files)
  const api = fakeApi(setup.answers ?? {})
  const output = { out: '', err: '' }
  const opened: string[] = []
  const stop = new AbortController()
  const waiting: { text: string; resolve: () => void; reject: (error: Error) => void }[] = []
  const sink = (name: 'out' | 'err') => ({
    isTTY: setup.tty ?? false,
    write(text: string) {
      output[name] += text
      for (const wait of waiting) if (output.out.includes(wait.text)) wait.resolve()
      if (setup.impatient && name === 'err') stop.abort()
    },
  })
  const io: CliIo = {
    stdout: sink('out'),
    stderr: sink('err'),
    stdin: (async function* () {
      if (setup.stdin !== undefined) yield setup.stdin
    })(),
    ...(setup.terminal ? { terminal: setup.terminal } : {}),
    env: setup.env ?? { ZIMKI_URL: 'https://platform.test', ZIMKI_TOKEN: 'secret-token' },
    cwd: folder.path,
    home: `${folder.path}/home`,
    fetch: api.fetch,
    openUrl: async (url) => {
      opened.push(url)
    },
    signal: stop.signal,
    progressAfterMs: setup.impatient ? 0 : 60_000,
    reconnectAfterMs: 0,
  }
  return {
    io,
    output,
    opened,
    folder,
    calls: api.calls,
    stop: () => stop.abort(),
    /** Resolves to the exit status. */
    run: async (...args: string[]) => {
      const status = await runProgram(buildProgram(io), args, io)
      for (const { text, reject } of waiting)
        reject(new Error(`ended with ${status} without ${text}: ${output.err}`))
      return status
    },
    json: () => JSON.parse(output.out) as Record<string, unknown>,
    /** Resolves when standard output holds the text; rejects when the command ends before. */
    printed: (text: string) =>
      new Promise<void>((resolve, reject) => {
        if (output.out.includes(text)) resolve()
        else waiting.push({ text, resolve, reject })
      }),
  }
}
