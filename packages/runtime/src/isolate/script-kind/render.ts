import { compileTal } from '@openzimki/tal'
import { parseTemplate } from '@openzimki/trimpath'
import { ask } from '../door.ts'
import type { HostDoor } from '../host-door.ts'

type Renderer = (data: object) => string

/** `zimki.render`: templates are fetched and compiled once per isolate (ZIMKI-API section 5). */
export class Render {
  readonly #door: HostDoor
  readonly #tal = new Map<string, Renderer>()
  readonly #trimpath = new Map<string, Renderer>()

  constructor(door: HostDoor) {
    this.#door = door
  }

  readonly tal = (name: unknown, data?: object): string =>
    this.#renderer(this.#tal, String(name), (source) => compileTal(source, { name: String(name) }))(
      data ?? {},
    )

  readonly trimpath = (name: unknown, data?: object): string =>
    this.#renderer(this.#trimpath, String(name), (source) => {
      const template = parseTemplate(source, String(name))
      return (context) => template.process(context, { throwExceptions: true })
    })(data ?? {})

  #renderer(cache: Map<string, Renderer>, name: string, compile: (source: string) => Renderer): Renderer {
    const known = cache.get(name)
    if (known) return known
    const { source } = ask(this.#door, 'template.source', { name }) as { source: string }
    const made = compile(source)
    cache.set(name, made)
    return made
  }
}
