import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { BundleFile } from './bundle-file.ts'

const BLOCK = 512
const TYPE = { file: '0', text: '0', link: '2', folder: '5' } as const

/**
 * A tar archive (POSIX ustar) of these entries, made while it is read. A path that ustar cannot hold, over 100 bytes and not to be parted
 * at a slash into 155 and 100, is an Error: no entry is left out silently.
 */
export function tarFiles(files: readonly BundleFile[]): Readable {
  return Readable.from(blocksOf(files), { objectMode: false })
}

async function* blocksOf(files: readonly BundleFile[]): AsyncGenerator<Buffer> {
  for (const file of files) {
    const size = await sizeOf(file)
    yield header(file, size)
    if (file.kind === 'text') yield Buffer.from(file.text)
    if (file.kind === 'file') yield* contentOf(file.source, size)
    yield Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK)
  }
  yield Buffer.alloc(2 * BLOCK)
}

/** Exactly as many bytes as the header says, or an Error: the file changed meanwhile. */
async function* contentOf(source: string, size: number): AsyncGenerator<Buffer> {
  let left = size
  for await (const chunk of createReadStream(source, { highWaterMark: 1 << 20 })) {
    left -= (chunk as Buffer).length
    if (left < 0) break
    yield chunk as Buffer
  }
  if (left !== 0) throw new Error(`${source} changed while it was packed; try again`)
}

async function sizeOf(file: BundleFile): Promise<number> {
  if (file.kind === 'file') return (await stat(file.source)).size
  return file.kind === 'text' ? Buffer.byteLength(file.text) : 0
}

function header(file: BundleFile, size: number): Buffer {
  const block = Buffer.alloc(BLOCK)
  const [prefix, name] = parted(file.kind === 'folder' ? `${file.path}/` : file.path)
  const target = file.kind === 'link' ? file.target : ''
  if (Buffer.byteLength(target) > 100) throw new Error(`the link ${file.path} leads too far for an archive`)
  block.write(name, 0)
  block.write(octal(modeOf(file), 8), 100)
  block.write(octal(0, 8), 108)
  block.write(octal(0, 8), 116)
  block.write(octal(size, 12), 124)
  block.write(octal(0, 12), 136)
  block.write(' '.repeat(8), 148)
  block.write(TYPE[file.kind], 156)
  block.write(target, 157)
  block.write('ustar\u000000', 257)
  block.write(prefix, 345)
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\u0000 `,
    148,
  )
  return block
}

function modeOf(file: BundleFile): number {
  if (file.kind === 'folder') return file.mode
  return file.kind === 'link' || file.executable ? 0o755 : 0o644
}

const octal = (value: number, bytes: number) => `${value.toString(8).padStart(bytes - 1, '0')}\u0000`

function parted(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path]
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)]
    if (name !== '' && Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155)
      return [prefix, name]
  }
  throw new Error(`the path ${path} is too long for an archive`)
}
