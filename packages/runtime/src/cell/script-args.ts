import { PlatformError } from '@openzimki/core'
import busboy from 'busboy'
import { headerValue } from './header-value.ts'

/** A parameter: a string, an uploaded file, or several of them under one name. */
export type Arg = string | UploadedFile | (string | UploadedFile)[]

export interface UploadedFile {
  filename: string
  mimetype: string
  /** A string of bytes, one character each. */
  content: string
  size: number
}

const MAX_PARTS = 1000

/** Query and form parameters by name (ZIMKI-API section 2). INVALID_ARGUMENT for a malformed form. */
export async function scriptArgs(
  query: string,
  headers: readonly string[],
  body: Buffer,
): Promise<Record<string, Arg>> {
  const args: Record<string, Arg> = Object.create(null)
  for (const [name, value] of new URLSearchParams(query)) add(args, name, value)
  const type = headerValue(headers, 'content-type') ?? ''
  if (body.byteLength === 0) return args
  if (/^application\/x-www-form-urlencoded\b/i.test(type))
    for (const [name, value] of new URLSearchParams(body.toString('utf8'))) add(args, name, value)
  else if (/^multipart\/form-data\b/i.test(type)) await readMultipart(args, type, body)
  else add(args, 'body', body.toString('utf8'))
  return args
}

function add(args: Record<string, Arg>, name: string, value: string | UploadedFile): void {
  const before = args[name]
  if (before === undefined) args[name] = value
  else if (Array.isArray(before)) before.push(value)
  else args[name] = [before, value]
}

function readMultipart(args: Record<string, Arg>, type: string, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: unknown) =>
      reject(
        new PlatformError(
          'INVALID_ARGUMENT',
          `the form is malformed: ${String((error as Error).message ?? error)}`,
        ),
      )
    try {
      const limits = { parts: MAX_PARTS, fieldSize: body.byteLength, fieldNameSize: 200 }
      const parser = busboy({ headers: { 'content-type': type }, limits, defParamCharset: 'utf8' })
      parser.on('field', (name, value) => add(args, name, value))
      parser.on('file', (name, stream, info) => {
        const parts: Buffer[] = []
        stream.on('data', (chunk: Buffer) => parts.push(chunk))
        stream.on('error', refuse)
        stream.on('end', () => {
          const content = Buffer.concat(parts)
          const { filename = '', mimeType } = info
          if (filename === '' && content.byteLength === 0) return
          add(args, name, {
            filename,
            mimetype: mimeType,
            content: content.toString('latin1'),
            size: content.byteLength,
          })
        })
      })
      parser.on('error', refuse)
      parser.on('close', () => resolve())
      parser.end(body)
    } catch (error) {
      refuse(error)
    }
  })
}
