import { FROODY_CODES, FroodyError } from './froody-error.ts'

/** What a program says of one argument. Anything but an object counts as `{}`: required. */
export interface ArgRule {
  /** Any true value: may be left out. */
  optional?: unknown
  /** Any true value: the function always gets an array; text is split at commas. */
  multiple?: unknown
  /** For people, in reflection. */
  doc?: unknown
  type?: unknown
}

export type ArgSpec = Record<string, ArgRule | unknown>

export interface ParsedArg {
  name: string
  optional: boolean
  multiple: boolean
  type: string
  doc: string
}

/** Puts a program's argSpec into one form. Errors: FroodyError `perl.methodcall.param` when it is no object. */
export function parseArgSpec(argSpec: unknown): ParsedArg[] {
  if (argSpec === undefined || argSpec === null) return []
  if (typeof argSpec !== 'object' || Array.isArray(argSpec))
    throw new FroodyError(
      FROODY_CODES.param,
      'the argSpec must be an object, such as { colour: { optional: 1 } }',
    )
  return Object.entries(argSpec).map(([name, given]) => {
    const rule: ArgRule = given !== null && typeof given === 'object' ? given : {}
    return {
      name,
      optional: isTrue(rule.optional),
      multiple: isTrue(rule.multiple),
      type: typeof rule.type === 'string' ? rule.type : 'scalar',
      doc: typeof rule.doc === 'string' ? rule.doc : '',
    }
  })
}

/** "0" is false, as where this was first written. */
const isTrue = (value: unknown): boolean => Boolean(value) && value !== '0'

/**
 * The arguments for a call, in the order of the function's own parameters. Parameters of the request that nobody names
 * are dropped. A parameter without a name (a pattern) gets an object of all arguments that were given.
 * Errors: FroodyError `perl.methodcall.param` naming the first required argument that is missing.
 */
export function matchArguments(
  fnParameterNames: readonly string[],
  argSpec: unknown,
  params: Record<string, unknown>,
): unknown[] {
  const rules = parseArgSpec(argSpec)
  const given = new Map<string, unknown>()
  for (const rule of rules) {
    const value = Object.hasOwn(params, rule.name) ? params[rule.name] : undefined
    if (value !== undefined) given.set(rule.name, rule.multiple ? asArray(value) : value)
    else if (!rule.optional) throw new FroodyError(FROODY_CODES.param, `Missing argument: ${rule.name}`)
  }
  return fnParameterNames.map((name) => {
    if (name === '') return Object.fromEntries(given)
    if (given.has(name)) return given.get(name)
    const isRuled = rules.some((rule) => rule.name === name)
    return !isRuled && Object.hasOwn(params, name) ? params[name] : undefined
  })
}

const asArray = (value: unknown): unknown[] => {
  if (Array.isArray(value)) return value
  return typeof value === 'string' ? value.split(',').map((part) => part.trim()) : [value]
}
