import { PlatformError } from '@openzimki/core'

const WHY: Record<string, string> = {
  EACCES: 'you may not read it. Change its permissions, or take it out of the realm folder',
  EPERM: 'you may not read it. Change its permissions, or take it out of the realm folder',
  EMFILE: 'too many files are open. End other programs, or raise the limit (ulimit -n)',
  EIO: 'the disk failed. Check it, and restore the file',
}

/** What the file system refused, in words that help; anything else is thrown as it is. */
export function throwUnreadable(error: unknown): never {
  const { code = '', path } = error as NodeJS.ErrnoException
  const why = error instanceof PlatformError ? undefined : WHY[code]
  if (why === undefined || path === undefined) throw error
  throw new PlatformError('INVALID_ARGUMENT', `${path} cannot be read: ${why}.`, { cause: error })
}
