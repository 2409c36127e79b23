import type { RealmKind } from '@openzimki/core'
import { BOOT_GLOBAL, MODULE_NAMESPACE_GLOBAL } from '../isolate/boot.ts'

/** A host that answers nothing, and the way in to what booted. */
const BOOT = `
  const enter = ${BOOT_GLOBAL}(() => undefined, { applySyncPromise: () => '+[]' }, { hrtime: () => [0, 0] })
  let number = 0
  const send = (event, payload) => {
    number += 1
    enter([[event, number, JSON.stringify(payload), undefined, 0]], number, number - 1)
  }`

/**
 * What runs once, in a context of its own that is thrown away, while the snapshot of a kind is made: the first request of a small program. The functions
 * that it goes through are compiled then, and no isolate has to do it again.
 */
export const WARM_UP: Record<RealmKind, string> = {
  script: `{${BOOT}
    send('start', { classes: ['Page'], env: {} })
    zimki.publishPath('/warm', () => ({ content: 'warm', mimetype: 'text/plain' }))
    send('http', { state: { number: 2, path: 'warm', args: {}, root: '/', apikey: '', alias: null } })
  }`,
  module: `{${BOOT}
    globalThis.${MODULE_NAMESPACE_GLOBAL} = { default: { fetch: () => new Response('warm') } }
    send('start', { env: {} })
    send('http', { method: 'GET', url: 'http://localhost/warm', root: '/', headers: ['host', 'localhost'], body: 'none' })
  }`,
}
