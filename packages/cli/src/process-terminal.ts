import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import type { Terminal } from './io.ts'

/** The terminal that this process was started at. */
export function processTerminal(): Terminal {
  return { lines, askSecret }
}

async function* lines(prompt: () => string): AsyncGenerator<string> {
  const reader = createInterface({ input: process.stdin, output: process.stdout, historySize: 1_000 })
  reader.on('SIGINT', () => reader.close())
  try {
    reader.setPrompt(prompt())
    reader.prompt()
    for await (const line of reader) {
      yield line
      reader.setPrompt(prompt())
      reader.prompt()
    }
  } finally {
    reader.close()
  }
}

function askSecret(prompt: string): Promise<string> {
  process.stderr.write(prompt)
  // Readline echoes what is typed to its output, so its output goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  return new Promise((resolve, reject) => {
    reader.once('line', (line) => {
      process.stderr.write('\n')
      resolve(line)
      reader.close()
    })
    reader.once('SIGINT', () => reader.close())
    reader.once('close', () => reject(new Error('Nothing was entered.')))
  })
}
