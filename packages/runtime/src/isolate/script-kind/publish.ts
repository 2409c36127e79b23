import type { ServiceRegistry } from './service.ts'

type Handler = ((...args: unknown[]) => unknown) | string

/** What a path leads to: the handler called, and its name for the meter. */
export interface Match {
  /** The string path or the pattern's source. */
  name: string
  run(): unknown
}

/** `zimki.publishPath` and `zimki.publishService` (ZIMKI-API section 2). */
export class Publisher {
  readonly #paths = new Map<string, Handler>()
  #patterns: { pattern: RegExp; handler: Handler }[] = []
  readonly services: ServiceRegistry

  constructor(services: ServiceRegistry) {
    this.services = services
  }

  publishPath(path: unknown, handler: unknown): void {
    if (typeof handler !== 'function' && typeof handler !== 'string')
      throw new TypeError(
        `publishPath: the handler of ${String(path)} must be a function or a string, got ${typeof handler}`,
      )
    if (path instanceof RegExp) this.#publishPattern(path, handler as Handler)
    else if (typeof path === 'string') this.#paths.set(withoutSlash(path), handler as Handler)
    else throw new TypeError(`publishPath: the path must be a string or a RegExp, got ${typeof path}`)
  }

  /** Strings first, then patterns in the order they were bound; null when nothing matches. */
  match(path: string, args: unknown): Match | null {
    const exact = this.#paths.get(path)
    if (exact !== undefined)
      return { name: `/${path}`, run: () => (typeof exact === 'string' ? exact : call(exact, [args])) }
    for (const { pattern, handler } of this.#patterns) {
      pattern.lastIndex = 0
      const match = pattern.exec(path)
      if (match)
        return {
          name: String(pattern),
          run: () => (typeof handler === 'string' ? handler : call(handler, [args, path, match])),
        }
    }
    return null
  }

  #publishPattern(pattern: RegExp, handler: Handler): void {
    this.#patterns = this.#patterns.filter((bound) => String(bound.pattern) !== String(pattern))
    this.#patterns.push({ pattern, handler })
  }
}

function withoutSlash(path: string): string {
  return path.startsWith('/') ? path.slice(1) : path
}

/** A plain call: `this` is the global object, as sloppy code of 2006 expects. */
function call(handler: (...args: unknown[]) => unknown, args: unknown[]): unknown {
  return Reflect.apply(handler, undefined, args)
}
