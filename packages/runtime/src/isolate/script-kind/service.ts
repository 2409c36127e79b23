import { invoke, type Service } from '@openzimki/froody'

/** Services published by the realm, answered at `/zimki?method=...` (ZIMKI-API section 2). */
export class ServiceRegistry {
  readonly #services = new Map<string, Service>()

  publish(name: unknown, fn: unknown, example: unknown, argSpec: unknown): void {
    if (typeof name !== 'string' || name === '')
      throw new TypeError('publishService: the name must be a non-empty string')
    if (typeof fn !== 'function')
      throw new TypeError(`publishService: ${name} needs a function, got ${typeof fn}`)
    this.#services.set(name, {
      fn: fn as Service['fn'],
      example: example === undefined ? '<response/>' : String(example),
      argSpec: (argSpec ?? {}) as Service['argSpec'],
    })
  }

  /** An unknown method and a missing argument are answers too, in the envelope. */
  invoke(args: Record<string, unknown>): { body: string; mimetype: string } {
    const params: Record<string, string> = {}
    for (const [name, value] of Object.entries(args)) if (typeof value === 'string') params[name] = value
    return invoke(this.#services, params)
  }
}
