import { describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { throwUnreadable } from './unreadable.ts'

const refused = (code: string, path?: string) => Object.assign(new Error(code), { code, path })

describe('throwUnreadable', () => {
  it('says which file could not be read, why, and what to do', () => {
    expect(() => throwUnreadable(refused('EACCES', '/realm/files/a'))).toThrow(
      '/realm/files/a cannot be read: you may not read it. Change its permissions',
    )
  })

  it.each([
    ['another failure', refused('ENOTEMPTY', '/a')],
    ['a failure without a path', refused('EACCES')],
    ['what has its words already', new PlatformError('NOT_FOUND', 'There is no folder')],
  ])('throws %s as it is', (_, error) => {
    expect(() => throwUnreadable(error)).toThrow(error)
  })
})
