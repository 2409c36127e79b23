import type { TrimPathFlags } from './flags.ts'
import type { Modifier } from './modifiers.ts'
import { Output, type RunState } from './output.ts'

export interface ContextOptions {
  data: unknown
  modifiers: Record<string, Modifier>
  /** Names the template assigns. */
  declares: ReadonlySet<string>
  state: RunState
  out: Output
  flags: TrimPathFlags
}

/**
 * The scope of the expressions: the data, seen through an object of ours that takes all that the template assigns, so that
 * the data is never written to.
 */
export function makeContext(options: ContextOptions): object {
  const source = Object(options.data ?? {}) as Record<string, unknown>
  const context = Object.create(source) as object
  const define = (name: string, value: unknown) =>
    Object.defineProperty(context, name, { value, writable: true, configurable: true })
  for (const name of options.declares) if (!isAssignable(source, name)) define(name, source[name])
  const table: Record<string, Modifier> = Object.assign(
    Object.create(null),
    options.modifiers,
    source._MODIFIERS,
  )
  define('_OUT', options.out)
  define('_FLAGS', options.flags)
  define('_MODIFIERS', table)
  define('_MODIFIER', (name: string) => findModifier(table, name))
  define('_BEGIN', () => new Output(options.state))
  if (!('defined' in source))
    define('defined', (name: string) => source[name] !== undefined && source[name] !== null)
  return context
}

/** Whether an assignment to an heir of the object makes a property of the heir: not where it inherits a fixed one or an accessor. */
function isAssignable(source: object, name: string): boolean {
  for (let holder: object | null = source; holder; holder = Object.getPrototypeOf(holder) as object | null) {
    const property = Object.getOwnPropertyDescriptor(holder, name)
    if (property) return property.writable === true
  }
  return true
}

function findModifier(table: Record<string, Modifier>, name: string): Modifier {
  const modifier = table[name]
  if (typeof modifier === 'function') return modifier
  const known = Object.keys(table).join(', ')
  throw new ReferenceError(
    `there is no modifier "${name}"; there are ${known}, and you can add yours to _MODIFIERS`,
  )
}
