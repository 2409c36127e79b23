import { PATH, percentEncode } from './percent-encode.ts'
import { isSpecial } from './url-record.ts'

const DRIVE_LETTER = /^[A-Za-z][:|]$/
const NORMALIZED_DRIVE_LETTER = /^[A-Za-z]:$/
const STARTS_WITH_DRIVE_LETTER = /^[A-Za-z][:|](?:$|[/\\])/
const SINGLE_DOT = /^(?:\.|%2e)$/i
const DOUBLE_DOT = /^(?:\.|%2e){2}$/i

export const isDriveLetter = (text: string): boolean => DRIVE_LETTER.test(text)
export const isNormalizedDriveLetter = (text = ''): boolean => NORMALIZED_DRIVE_LETTER.test(text)
export const startsWithDriveLetter = (text: string): boolean => STARTS_WITH_DRIVE_LETTER.test(text)

/** "Shorten a path": a drive letter at the root of a file URL stays. */
export function shorten(path: string[], scheme: string): void {
  if (scheme === 'file' && path.length === 1 && isNormalizedDriveLetter(path[0])) return
  path.pop()
}

/**
 * The "path state" of https://url.spec.whatwg.org/#path-state: adds the segments of `text`, from which the leading slash
 * has been taken, to `path`.
 */
export function parsePath(text: string, scheme: string, path: string[]): string[] {
  const segments = text.split(isSpecial(scheme) ? /[/\\]/ : '/')
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1
    if (DOUBLE_DOT.test(segment)) {
      shorten(path, scheme)
      if (isLast) path.push('')
    } else if (SINGLE_DOT.test(segment)) {
      if (isLast) path.push('')
    } else if (scheme === 'file' && path.length === 0 && isDriveLetter(segment)) path.push(`${segment[0]}:`)
    else path.push(percentEncode(segment, PATH))
  }
  return path
}

/** The "path start state": the leading slash may be missing; an empty path of a URL that is not special stays empty. */
export function parsePathStart(text: string, scheme: string, path: string[] = []): string[] {
  const first = text[0]
  if (first === '/' || (first === '\\' && isSpecial(scheme))) return parsePath(text.slice(1), scheme, path)
  return text === '' && !isSpecial(scheme) ? path : parsePath(text, scheme, path)
}
