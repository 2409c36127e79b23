import { PlatformError } from '@openzimki/provider'

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** One word of a POSIX shell that means exactly `text`, whatever is in it. INVALID_ARGUMENT for NUL, which no word can hold. */
export function shellWord(text: string): string {
  if (text.includes('\0'))
    throw new PlatformError('INVALID_ARGUMENT', 'ssh provider: a value holds a NUL character')
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** Shell lines that put these into the environment. INVALID_ARGUMENT for a name that is no identifier. */
export function shellExports(env: Readonly<Record<string, string>>): string {
  const lines = Object.entries(env).map(([name, value]) => {
    if (NAME.test(name)) return `export ${name}=${shellWord(value)}\n`
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `ssh provider: env has a name that is no identifier: ${JSON.stringify(name)}`,
    )
  })
  return lines.join('')
}
