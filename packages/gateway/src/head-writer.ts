import type { RequestHead } from '@openzimki/core'
import type { RouteRealm } from '@openzimki/placement'
import type { Asked } from './asked.ts'

/**
 * The head of a request as JSON for a cell. What is the same for all requests to an entry point is written once: this runs
 * for every request, and is the most of what the gateway itself does for it.
 */
export class HeadWriter {
  readonly #starts = new WeakMap<object, { realm: RouteRealm; root: string; json: string }>()

  /** `realm` as the routes have it now, `entry.key` as they had it when the request came. */
  write({ entry, id, method, url, headers, remote }: Asked, realm: RouteRealm): string {
    const { key, root, path, query } = entry
    let start = this.#starts.get(key)
    if (start === undefined || start.realm !== realm || start.root !== root) {
      start = { realm, root, json: fixedPart(entry, realm) }
      this.#starts.set(key, start)
    }
    const where = `"url":${json(url)},"path":${json(path)},"query":${json(query)}`
    return `${start.json},"id":${json(id)},"method":${json(method)},"remote":${json(remote)},${where},"headers":${json(headers)}}`
  }
}

const json = JSON.stringify

function fixedPart({ key, root }: Asked['entry'], realm: RouteRealm): string {
  const fixed: Partial<RequestHead> = {
    op: 'http',
    realm: realm.id,
    deployment: realm.deployment ?? '',
    key: key.id,
    alias: key.alias,
    root,
    debug: key.debug,
  }
  return JSON.stringify(fixed).slice(0, -1)
}
