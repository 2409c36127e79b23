import { inspect } from '../web/inspect.ts'
import { TypeErrorClass } from '../web/primordials.ts'

/** The program's entry: `fetch(request, env, ctx)`. */
export type Handler = (request: object, env: object, context: object) => unknown

/**
 * Finds the entry of a program's default export: its `fetch`, or itself where it is a function. Throws TypeError that names
 * what is missing.
 */
export function findHandler(exported: unknown): Handler {
  if (typeof exported === 'object' && exported !== null) {
    const { fetch } = exported as { fetch?: unknown }
    if (typeof fetch === 'function')
      return (request, env, context) => fetch.call(exported, request, env, context)
    throw new TypeErrorClass(
      `The default export has no function fetch, it has ${inspect(exported, 0)}. ` +
        'Write: export default { fetch(request, env, ctx) { return new Response("hello") } }',
    )
  }
  if (typeof exported === 'function') return toHandler(exported as Handler)
  throw new TypeErrorClass(
    `The module has no default export${exported === undefined ? '' : ` that can answer requests, but ${inspect(exported)}`}. ` +
      'Write: export default { fetch(request, env, ctx) { return new Response("hello") } }',
  )
}

/** A function may carry `fetch` as a property, as some routers do; that wins. */
function toHandler(exported: Handler): Handler {
  const { fetch } = exported as unknown as { fetch?: unknown }
  if (typeof fetch === 'function')
    return (request, env, context) => fetch.call(exported, request, env, context)
  return (request, env, context) => exported(request, env, context)
}
