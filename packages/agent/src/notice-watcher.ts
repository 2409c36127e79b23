import { readFile } from 'node:fs/promises'
import type { MachineNotice } from '@openzimki/core'
import { z } from 'zod'

const POLL_MS = 1_000
/** A notice is a line; what is larger was written by somebody else. */
const MAX_CHARACTERS = 10_000

const noticeSchema = z.object({
  kind: z.enum(['ends', 'endangered']),
  atMs: z.number().nonnegative().nullable(),
  reason: z.string().max(1_000),
})

export interface NoticeWatcherOptions {
  /** `file:/path` */
  source: string
  /** Rejects: it is told again. */
  tell(notice: MachineNotice): Promise<unknown>
  note(text: string): void
  pollMs?: number
}

/**
 * Looks whether the infrastructure announced the end of this machine, and tells until that was heard; each announcement once. What puts it
 * there is a program of the adapter's, so that the agent and its cells need no way to the infrastructure. Returns what stops it.
 */
export function watchNotices({ source, tell, note, pollMs = POLL_MS }: NoticeWatcherOptions): () => void {
  const path = source.slice('file:'.length)
  let heard = ''
  let complained = ''
  let looking = false
  const look = async (): Promise<void> => {
    const text = await readFile(path, 'utf8').catch(() => '')
    if (text === '' || text === heard) return
    const notice = parse(text)
    if (!notice) {
      if (text !== complained) note(`${path} has no notice that could be read`)
      complained = text
      return
    }
    await tell(notice)
    heard = text
    note(`control knows that this machine ${notice.kind === 'ends' ? 'will' : 'may'} end: ${notice.reason}`)
  }
  const timer = setInterval(() => {
    if (looking) return
    looking = true
    // Control is away or of an older release: the next look tells it again.
    look()
      .catch(() => undefined)
      .finally(() => {
        looking = false
      })
  }, pollMs)
  return () => clearInterval(timer)
}

function parse(text: string): MachineNotice | null {
  if (text.length > MAX_CHARACTERS) return null
  try {
    return noticeSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}
