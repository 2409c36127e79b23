import { type InvokeOptions, invoke, type Service } from '@openzimki/froody'

type DescribeError = NonNullable<InvokeOptions['describeError']>

/** Services published by the realm, answered at `/zimki?method=...` (ZIMKI-API section 2). */
export class ServiceRegistry {
  readonly #services = new Map<string, Service>()
  /** Logs what a service threw, and answers what its caller is told. */
  readonly #onError: DescribeError

  constructor(onError: DescribeError) {
    this.#onError = onError
  }

  publish(name: unknown, fn: unknown, example: unknown, argSpec: unknown): void {
    if (typeof name !== 'string' || name === '')
      throw new TypeError('publishService: the name must be a non-empty string')
    if (typeof fn !== 'function')
      throw new TypeError(`publishService: ${name} needs a function, got ${typeof fn}`)
    this.#services.set(name, {
      fn: fn as Service['fn'],
      ...(example === undefined ? {} : { example: String(example) }),
      argSpec: (argSpec ?? {}) as Service['argSpec'],
    })
  }

  /** An unknown method and a missing argument are answers too, in the envelope. */
  invoke(args: Record<string, unknown>): { body: string; mimetype: string } {
    const params: Record<string, string | string[]> = {}
    for (const [name, value] of Object.entries(args)) {
      const texts = [value].flat().filter((item) => typeof item === 'string')
      if (texts.length > 0) params[name] = Array.isArray(value) ? texts : texts[0]!
    }
    return invoke(this.#services, params, { describeError: this.#onError })
  }
}
