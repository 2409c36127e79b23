/** One assertion of a realm's unit test. */
export interface Assertion {
  ok: boolean
  name: string
  /** What was got and expected, for a failure. */
  detail: string | null
}

/** `plan`, `assert` and `assertEquals` (ZIMKI-API section 7); what they saw is reported as data, TAP is made outside. */
export class UnitTest {
  planned: number | null = null
  readonly assertions: Assertion[] = []

  /** Globals while a test runs. */
  readonly globals = {
    plan: (count: unknown) => {
      this.planned = Number(count)
    },
    assert: (...args: unknown[]) => {
      const [name, condition] = args.length > 1 ? [String(args[0]), args[1]] : ['', args[0]]
      this.#record(name, Boolean(condition), `got ${show(condition)}`)
    },
    assertEquals: (...args: unknown[]) => {
      const [name, got, expected] =
        args.length > 2 ? [String(args[0]), args[1], args[2]] : ['', args[0], args[1]]
      this.#record(name, same(got, expected), `got ${show(got)}, expected ${show(expected)}`)
    },
  }

  #record(name: string, ok: boolean, detail: string): void {
    this.assertions.push({ ok, name, detail: ok ? null : detail })
  }
}

/** `==` for what is not an object, JSON for what is: a value that went through the store still equals itself. */
function same(got: unknown, expected: unknown): boolean {
  // biome-ignore lint/suspicious/noDoubleEquals: programs of 2006 compare what they read from forms and the store
  if (got == expected) return true
  return typeof got === 'object' && typeof expected === 'object' && show(got) === show(expected)
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return String(value)
  try {
    return JSON.stringify(value)
  } catch (error) {
    return `[${typeof value} that is no JSON: ${String(error)}]`
  }
}
