/** What a statement becomes, and what must hold where it stands. */
export interface StatementRule {
  /** Statements that it may directly stand in; absent: anywhere. */
  within?: readonly string[]
  /** Opens a body that needs `{/name}`. */
  opens?: boolean
  /** Closes the innermost body. */
  closes?: boolean
  /** JavaScript, and a part of it that can be checked by itself; throws a string that says what is wrong. */
  emit(rest: string, unique: number): Emitted
}

export interface Emitted {
  code: string
  check?: string
  /** Names it assigns, and perhaps others: the template's own copies take the place of the data's. */
  declares?: string[]
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/
const FOR = /^([^\s]+)\s+in(?:\s+|(?=[([{"'`]))/
const MACRO = /^([^\s(]+)\s*(\(.*)?$/s

/** `null` prototype: `{constructor}` must not be found. */
export const STATEMENTS: Record<string, StatementRule> = Object.assign(Object.create(null), {
  if: { opens: true, emit: (rest: string) => test('if (', rest, 'if') },
  elseif: {
    within: ['if'],
    emit: (rest: string) =>
      rest === '' ? { code: '} else if (true) {' } : test('} else if (', rest, 'elseif'),
  },
  else: { within: ['if'], emit: () => ({ code: '} else {' }) },
  '/if': { within: ['if', 'else'], closes: true, emit: () => ({ code: '}' }) },
  for: { opens: true, emit: emitFor },
  forelse: { within: ['for'], emit: () => ({ code: '' }) },
  '/for': { within: ['for', 'forelse'], closes: true, emit: () => ({ code: '}' }) },
  var: { emit: emitVar },
  macro: { opens: true, emit: emitMacro },
  '/macro': { within: ['macro'], closes: true, emit: () => ({ code: 'return _OUT.end();};' }) },
} satisfies Record<string, StatementRule>)

function test(before: string, rest: string, name: string): { code: string; check: string } {
  if (rest === '') throw new StatementFault(`{${name}} needs a condition, such as {${name} user.name}`)
  return { code: `${before}${rest}\n) {`, check: `(${rest}\n)` }
}

function emitFor(rest: string, unique: number): Emitted {
  const match = FOR.exec(rest)
  const [head = '', name = ''] = match ?? []
  const list = rest.slice(head.length)
  if (!match || !IDENTIFIER.test(name) || list === '')
    throw new StatementFault(`{for ${rest.slice(0, 60)}} is not of the form {for name in list}`)
  const loop = `__LIST${unique}__`
  return {
    // The loop keeps its own place, so that an inner loop over the same name cannot move it.
    code:
      `var ${loop} = _OUT.loop((${list}\n)); while (${loop}.next < ${loop}.keys.length) {` +
      `var ${name}_index = ${loop}.keys[${loop}.next++]; var ${name}_ct = ${loop}.next; ` +
      `var ${name} = ${loop}.list[${name}_index];`,
    declares: [name, `${name}_index`, `${name}_ct`],
    check: `(${list}\n)`,
  }
}

/** Follows the body of a `{for}`: runs when the list was empty, null or undefined. */
export const forelseCode = (unique: number): string => `} if (__LIST${unique}__.keys.length === 0) {`

function emitVar(rest: string): Emitted {
  // The library of 2006 let an empty {var} through as an empty declaration, which no engine accepts.
  if (rest === '') throw new StatementFault('{var} needs a name, such as {var total = 0}')
  return {
    code: `var ${rest}\n;`,
    check: `function () { var ${rest}\n; }`,
    declares: rest.match(/[A-Za-z_$][\w$]*/g) ?? [],
  }
}

function emitMacro(rest: string): Emitted {
  const [, name = '', parameters = '()'] = MACRO.exec(rest) ?? []
  if (!IDENTIFIER.test(name))
    throw new StatementFault(`{macro ${rest.slice(0, 60)}} is not of the form {macro name(a, b)}`)
  return {
    code: `var ${name} = function ${parameters} { var _OUT = _BEGIN();`,
    check: `function ${parameters} {}`,
    declares: [name],
  }
}

/** Says what is wrong with a statement; whoever knows the template and the line makes a TemplateError of it. */
export class StatementFault extends Error {}
