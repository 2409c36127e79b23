import { compileTal } from '@openzimki/tal'
import { parseTemplate } from '@openzimki/trimpath'
import { ask } from '../door.ts'
import type { HostDoor } from '../host-door.ts'

type Renderer = (data: object) => string

interface Compiled {
  render: Renderer
  /** Of a file that programs may replace; null: it is the deployment's and stays. */
  digest: string | null
}

/** `zimki.render` (ZIMKI-API section 5): a template is compiled once per isolate, and anew when its file has been replaced. */
export class Render {
  readonly #door: HostDoor
  readonly #tal = new Map<string, Compiled>()
  readonly #trimpath = new Map<string, Compiled>()

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

  #renderer(cache: Map<string, Compiled>, name: string, compile: (source: string) => Renderer): Renderer {
    const known = cache.get(name)
    if (known?.digest === null) return known.render
    const answer = ask(this.#door, 'template.source', { name, known: known?.digest })
    const { source, digest = null } = answer as { source?: string; digest?: string }
    if (known && source === undefined) return known.render
    const render = compile(source ?? '')
    cache.set(name, { render, digest })
    return render
  }
}
