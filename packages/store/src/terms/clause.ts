import { PlatformError } from '@openzimki/core'

export const CLAUSES = [
  'exact',
  'iexact',
  'startswith',
  'istartswith',
  'endswith',
  'iendswith',
  'contains',
  'gt',
  'lt',
  'gte',
  'lte',
  'in',
  'not',
] as const

export type Clause = (typeof CLAUSES)[number]

const NUMERIC: readonly Clause[] = ['exact', 'gt', 'lt', 'gte', 'lte', 'in', 'not']
const isClause = (text: string): text is Clause => (CLAUSES as readonly string[]).includes(text)

export interface TermName {
  field: string
  clause: Clause
  numeric: boolean
}

/**
 * Takes `field`, `field__clause` and `field__clause:numeric` apart at the last `__`. A property with `__` in its own name is
 * reached by naming the clause: `a__b__exact`.
 */
export function parseTermName(name: string): TermName {
  const at = name.lastIndexOf('__')
  if (at < 0) return { field: name, clause: 'exact', numeric: false }
  const suffix = name.slice(at + 2)
  const numeric = suffix.endsWith(':numeric')
  const clause = numeric ? suffix.slice(0, -':numeric'.length) : suffix
  if (!isClause(clause)) throw unknownClause(name, clause)
  if (numeric && !NUMERIC.includes(clause)) {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `the term "${clip(name)}" cannot be: only ${NUMERIC.join(', ')} compare as numbers. Leave ":numeric" away`,
    )
  }
  return { field: name.slice(0, at), clause, numeric }
}

/** Names come from tenants; a message shows the beginning only. */
export const clip = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}...` : text)

const unknownClause = (name: string, clause: string): PlatformError =>
  new PlatformError(
    'INVALID_ARGUMENT',
    `the term "${clip(name)}" has an unknown clause "${clip(clause)}". Known are: ${CLAUSES.join(', ')} ` +
      '(a property with __ in its name is written with one: "a__b__exact")',
    { details: { term: clip(name), known: CLAUSES } },
  )
