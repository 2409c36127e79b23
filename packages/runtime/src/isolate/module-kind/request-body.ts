import type { HostDoor } from '../host-door.ts'
import { Body } from '../web/body.ts'
import { Uint8ArrayClass } from '../web/primordials.ts'

/** The body of request `number`: as given, or pulled from the host piece by piece as the program reads it. */
export function requestBody(
  door: HostDoor,
  number: number,
  kind: 'none' | 'whole' | 'stream',
  bytes: ArrayBuffer | undefined,
): Body | null {
  if (kind === 'none') return null
  if (kind === 'whole') return new Body(new Uint8ArrayClass(bytes ?? new ArrayBuffer(0)))
  const payload = `{"request":${number}}`
  return new Body({
    pull: async () => {
      const answer = await door.call('body.pull', payload)
      return answer.bytes === null ? null : new Uint8ArrayClass(answer.bytes)
    },
    cancel: () => door.post('body.cancel', payload),
  })
}
