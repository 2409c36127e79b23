import { inspect } from './inspect.ts'

/** https://console.spec.whatwg.org/#formatter: `%s %d %i %f %o %O %j %c %%` in the first argument, the rest after it. */
export function formatLog(args: unknown[]): string {
  const [first, ...rest] = args
  if (typeof first !== 'string') return args.map(show).join(' ')
  if (rest.length === 0) return first
  let next = 0
  const text = first.replace(/%([sdifoOjc%])/g, (whole, kind: string) => {
    if (kind === '%') return '%'
    if (next >= rest.length) return whole
    return substitute(kind, rest[next++])
  })
  return [text, ...rest.slice(next).map(show)].join(' ')
}

const show = (value: unknown): string => (typeof value === 'string' ? value : inspect(value))

function substitute(kind: string, value: unknown): string {
  switch (kind) {
    case 's':
      return typeof value === 'object' && value !== null ? inspect(value, 0) : stringOf(value)
    case 'd':
      return numberOf(value, Number)
    case 'i':
      return numberOf(value, (each) => Number.parseInt(stringOf(each), 10))
    case 'f':
      return numberOf(value, (each) => Number.parseFloat(stringOf(each)))
    case 'j':
      return jsonOf(value)
    case 'c':
      return ''
    default:
      return inspect(value, kind === 'o' ? 4 : 2)
  }
}

function stringOf(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  return Object.is(value, -0) ? '-0' : String(value)
}

function numberOf(value: unknown, convert: (value: unknown) => number): string {
  if (typeof value === 'bigint') return `${value}n`
  return typeof value === 'symbol' || (typeof value === 'object' && value !== null)
    ? 'NaN'
    : stringOf(convert(value))
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'undefined'
  } catch (error) {
    return `[${String(error)}]`
  }
}
