import { describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { mapError } from './map-error.ts'

const engine = (statusCode: number, message: string) => Object.assign(new Error(message), { statusCode })
const system = (code: string) => Object.assign(new Error(`connect ${code} /x`), { code })

describe('mapError', () => {
  it.each<[Error, string, string]>([
    [engine(500, 'write /x: no space left on device'), 'NO_CAPACITY', 'free space'],
    [engine(404, 'No such image: a:b'), 'INVALID_ARGUMENT', 'zimki provider docker image'],
    [engine(400, 'Range of CPUs is from 0.01 to 2.00'), 'INVALID_ARGUMENT', 'size'],
    [engine(503, 'This node is not a swarm manager.'), 'UNSUPPORTED', 'docker swarm init'],
    [engine(500, 'rpc error: The swarm does not have a leader'), 'TIMEOUT', 'managers'],
    [engine(404, 'network zimki not found'), 'INVALID_ARGUMENT', 'make the network'],
    [engine(404, 'no such container'), 'NOT_FOUND', 'no such container'],
    [engine(403, 'no'), 'PERMISSION_DENIED', 'no'],
    [engine(409, 'in use'), 'ALREADY_EXISTS', 'in use'],
    [engine(500, 'what'), 'INTERNAL', 'what'],
    [system('ENOENT'), 'INTERNAL', 'start it'],
    [system('ECONNREFUSED'), 'INTERNAL', 'start it'],
    [system('EACCES'), 'PERMISSION_DENIED', 'group docker'],
    [new Error('odd'), 'INTERNAL', 'odd'],
  ])('gives %s its code and what to do', (thrown, code, words) => {
    expect(mapError(thrown)).toMatchObject({ code, message: expect.stringContaining(words), cause: thrown })
  })

  it('lets our own pass, and takes whatever else is thrown', () => {
    const own = new PlatformError('NO_CAPACITY', 'full')
    expect(mapError(own)).toBe(own)
    expect(mapError(Object.assign(new Error('x'), { name: 'AbortError' })).code).toBe('CANCELLED')
    const late = new Error('x', { cause: new DOMException('late', 'TimeoutError') })
    expect(mapError(Object.assign(late, { name: 'AbortError' })).code).toBe('TIMEOUT')
    for (const thrown of [null, undefined, 'text', 7]) expect(mapError(thrown).code).toBe('INTERNAL')
  })
})
