import { Agent } from 'node:http'
import { ask } from '../load/ask.ts'
import type { WriterRecord } from '../load/sent-request.ts'

const PAGE = 200

/** Numbers of the notes that are there of this writer. */
export async function readNotes(port: number, { realm, writer }: WriterRecord): Promise<number[]> {
  const agent = new Agent({ keepAlive: true })
  const numbers: number[] = []
  try {
    for (let page = 1; ; page += 1) {
      const path = `/u/${realm}/numbers?writer=${writer}&page=${page}&size=${PAGE}`
      const { status, text } = await ask({ port, method: 'GET', path, agent })
      if (status !== 200) throw new Error(`${path} answered ${status}: ${text.slice(0, 300)}`)
      const found = JSON.parse(text) as number[]
      numbers.push(...found)
      if (found.length < PAGE) return numbers
    }
  } finally {
    agent.destroy()
  }
}
