/** Says what is wrong with a value from outside, naming where; null: nothing. */
export type Shape = (value: unknown, at: string) => string | null

/** A whole number from `min` that a JavaScript number holds exactly. */
export const whole =
  (min = 0): Shape =>
  (value, at) =>
    Number.isSafeInteger(value) && (value as number) >= min
      ? null
      : `${at} must be a whole number from ${min}`

export const text =
  (maxChars: number, minChars = 1): Shape =>
  (value, at) =>
    typeof value === 'string' && value.length >= minChars && value.length <= maxChars
      ? null
      : `${at} must be a text of ${minChars} to ${maxChars} characters`

export const matching =
  (pattern: RegExp, what: string): Shape =>
  (value, at) =>
    typeof value === 'string' && pattern.test(value) ? null : `${at} must be ${what}`

export const oneOf =
  (...allowed: (string | number | null)[]): Shape =>
  (value, at) =>
    allowed.includes(value as string) ? null : `${at} must be one of ${allowed.join(', ')}`

export const orNull =
  (shape: Shape): Shape =>
  (value, at) =>
    value === null ? null : shape(value, at)

/** An array of at most `maxItems`. */
export const list =
  (item: Shape, maxItems: number): Shape =>
  (value, at) => {
    if (!Array.isArray(value)) return `${at} must be a list`
    if (value.length > maxItems) return `${at} has ${value.length} items; ${maxItems} is the most`
    for (const [index, entry] of value.entries()) {
      const wrong = item(entry, `${at}[${index}]`)
      if (wrong !== null) return wrong
    }
    return null
  }

/** An object with exactly these properties of its own. */
export const record = (properties: Record<string, Shape>): Shape => {
  const shapes = Object.entries(properties)
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${at} must be an object`
    const unknown = Object.keys(value).find((name) => !Object.hasOwn(properties, name))
    if (unknown !== undefined) return `${at} has an unknown property ${JSON.stringify(unknown.slice(0, 40))}`
    for (const [name, shape] of shapes) {
      const own = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
      const wrong = shape(own, at === '' ? name : `${at}.${name}`)
      if (wrong !== null) return wrong
    }
    return null
  }
}
