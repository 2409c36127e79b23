import type { RealmKind } from '@openzimki/core'
import { BOOT_GLOBAL, MODULE_NAMESPACE_GLOBAL } from '../isolate/boot.ts'

/** A host that always answers the same, and the way in to what booted. */
const BOOT = `
  const stored = { id: '1', data: { title: 'warm', n: 1 }, createdAt: '2006-01-01T00:00:00.000Z', version: 1, expiresAtMs: null }
  const answers = {
    'store.put': stored, 'store.get': stored, 'store.search': [stored],
    'session.open': { id: '1', data: {}, userId: null, createdAt: null, expiresAtMs: null }, 'session.id': { id: '1', createdAt: null },
    'template.source': { source: '<p tal:content="title" tal:repeat="one list">\${title}</p>' },
  }
  const sync = { applySyncPromise: (_, [, operation]) => '+' + JSON.stringify(answers[operation] ?? null) }
  const enter = ${BOOT_GLOBAL}(() => undefined, sync, { hrtime: () => [0, 0] })
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
    zimki.publishPath('/warm', ({ title }) => {
      const page = Page.create({ title })
      const list = Page.search({ title }, { orderBy: ['n'] }).concat(Page.get('1'), page)
      const texts = [zimki.render.tal('t', { title, list }), zimki.render.trimpath('t', { title })]
      return { content: texts.join(zimki.session.id), mimetype: 'text/html' }
    })
    send('http', { state: { number: 2, path: 'warm', args: { title: 'warm' }, root: '/', apikey: '', alias: null } })
  }`,
  module: `{${BOOT}
    globalThis.${MODULE_NAMESPACE_GLOBAL} = {
      default: {
        fetch: (request) => {
          const title = new URL(request.url).searchParams.get('title')
          return Response.json({ title }, { headers: new Headers({ 'x-warm': request.headers.get('host') }) })
        },
      },
    }
    send('start', { env: {} })
    const head = { method: 'GET', url: 'http://localhost/?title=warm', root: '/', headers: ['host', 'localhost'], body: 'none' }
    send('http', head)
  }`,
}
