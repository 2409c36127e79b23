import { spawn } from 'node:child_process'
import { closeSync, constants, createReadStream, ftruncateSync, openSync, writeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'

/** What a program did to its files, in the order in which the system had done it. */
export type DiskEvent =
  | { kind: 'write'; path: string; at: number; bytes: Buffer }
  | { kind: 'truncate'; path: string; size: number }
  /** All that was done to the file before event number `began` is on disk now. */
  | { kind: 'synced'; path: string; began: number }
  /** A line on standard output. */
  | { kind: 'said'; line: string }

const CALLS = 'openat,close,pwrite64,ftruncate,fdatasync,fsync,write'
/** Longer than any write. */
const MOST_BYTES = 1_000_000
const HEX = String.raw`"((?:\\x[0-9a-f]{2})*)"`

/**
 * Runs a program under strace, which writes to the file `trace`, and kills it when it has said one line more than `lines`: a line is heard before
 * strace has put down that it was written, and the next one only after that.
 */
export async function traceDisk(command: string[], trace: string, lines: number): Promise<DiskEvent[]> {
  const flags = ['-f', '-xx', '-s', String(MOST_BYTES), '-e', `trace=${CALLS}`, '-o', trace]
  const strace = spawn('strace', [...flags, ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => strace.once('close', resolve))
  let said = 0
  for await (const _ of createInterface({ input: strace.stdout })) {
    if (++said !== lines + 1) continue
    const [traced] = (await readFile(`/proc/${strace.pid}/task/${strace.pid}/children`, 'utf8')).split(' ')
    process.kill(Number(traced), 'SIGKILL')
  }
  await ended
  const reader = new TraceReader()
  for await (const line of createInterface({ input: createReadStream(trace) })) reader.take(line)
  return reader.events
}

/** Reads what `strace -f -xx` writes. */
class TraceReader {
  readonly events: DiskEvent[] = []
  readonly #paths = new Map<string, string>()
  /** Calls of threads that are under way: their beginning, and how many events there were then. */
  readonly #begun = new Map<string, { text: string; at: number }>()

  take(line: string): void {
    const [, thread = '', text = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? []
    const begun = this.#begun.get(thread)
    const resumed = /^<\.\.\. \w+ resumed>/.exec(text)?.[0]
    if (text.endsWith('<unfinished ...>')) {
      this.#begun.set(thread, { text: text.slice(0, -'<unfinished ...>'.length), at: this.events.length })
    } else if (resumed !== undefined && begun !== undefined) {
      this.#begun.delete(thread)
      this.#done(begun.text + text.slice(resumed.length), begun.at)
    } else this.#done(text, this.events.length)
  }

  #done(call: string, began: number): void {
    const opened = new RegExp(`^openat\\(\\w+, ${HEX}.* = (\\d+)$`).exec(call)
    if (opened) this.#paths.set(opened[2]!, bytesOf(opened[1]!).toString())
    const [, name, fd = '', rest = ''] = /^(\w+)\((\d+)(.*)$/.exec(call) ?? []
    const path = this.#paths.get(fd) ?? ''
    const written = new RegExp(`^, ${HEX}, \\d+(?:, (\\d+))?\\s*\\)\\s*= \\d+$`).exec(rest)
    const succeeded = /\)\s*= 0$/.test(rest)
    if (name === 'close') this.#paths.delete(fd)
    else if (name === 'pwrite64' && written)
      this.events.push({ kind: 'write', path, at: Number(written[2]), bytes: bytesOf(written[1]!) })
    else if (name === 'write' && fd === '1' && written) this.#said(bytesOf(written[1]!).toString())
    else if (name === 'ftruncate' && succeeded)
      this.events.push({ kind: 'truncate', path, size: Number(/\d+/.exec(rest)?.[0]) })
    else if (name?.endsWith('sync') && succeeded) this.events.push({ kind: 'synced', path, began })
  }

  #said(text: string): void {
    for (const line of text.split('\n')) if (line !== '') this.events.push({ kind: 'said', line })
  }
}

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll('\\x', ''), 'hex')

/**
 * Puts into `folder` what a power cut after these events leaves; it has the files as they were before, by the same names. `keep`: how many bytes of a
 * write that no sync covers are there all the same; a truncation that none covers happened if it says more than 0.
 */
export function cutPower(
  events: readonly DiskEvent[],
  folder: string,
  keep: (index: number, bytes: number) => number,
): void {
  const covered = new Map<string, number>()
  for (const event of events) if (event.kind === 'synced') covered.set(event.path, event.began)
  const files = new Map<string, number>()
  const open = (path: string): number => {
    const known =
      files.get(path) ?? openSync(join(folder, basename(path)), constants.O_RDWR | constants.O_CREAT)
    files.set(path, known)
    return known
  }
  events.forEach((event, index) => {
    if (event.kind !== 'write' && event.kind !== 'truncate') return
    const bytes = event.kind === 'write' ? event.bytes.length : 1
    const kept = index < (covered.get(event.path) ?? 0) ? bytes : keep(index, bytes)
    if (kept === 0) return
    if (event.kind === 'truncate') ftruncateSync(open(event.path), event.size)
    else writeSync(open(event.path), event.bytes, 0, kept, event.at)
  })
  for (const file of files.values()) closeSync(file)
}
