/* https://www.rfc-editor.org/rfc/rfc3492: the parameters and names of its section 5. */
const BASE = 36
const T_MIN = 1
const T_MAX = 26
const SKEW = 38
const DAMP = 700
const INITIAL_BIAS = 72
const INITIAL_N = 128

function adapt(delta: number, points: number, first: boolean): number {
  let rest = first ? Math.floor(delta / DAMP) : delta >> 1
  rest += Math.floor(rest / points)
  let k = 0
  while (rest > ((BASE - T_MIN) * T_MAX) >> 1) {
    rest = Math.floor(rest / (BASE - T_MIN))
    k += BASE
  }
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW))
}

const threshold = (k: number, bias: number): number => Math.min(Math.max(k - bias, T_MIN), T_MAX)
const digitText = (digit: number): string => String.fromCharCode(digit < 26 ? digit + 97 : digit + 22)

/** A label of Unicode as ASCII, without the `xn--`. */
export function encodePunycode(label: string): string {
  const points = Array.from(label, (character) => character.codePointAt(0)!)
  const basic = points.filter((point) => point < INITIAL_N)
  let encoded = String.fromCharCode(...basic) + (basic.length > 0 ? '-' : '')
  let handled = basic.length
  let n = INITIAL_N
  let delta = 0
  let bias = INITIAL_BIAS
  while (handled < points.length) {
    const next = Math.min(...points.filter((point) => point >= n))
    delta += (next - n) * (handled + 1)
    n = next
    for (const point of points) {
      if (point < n) delta++
      if (point !== n) continue
      encoded += variableLength(delta, bias)
      bias = adapt(delta, handled + 1, handled === basic.length)
      delta = 0
      handled++
    }
    delta++
    n++
  }
  return encoded
}

function variableLength(delta: number, bias: number): string {
  let text = ''
  let q = delta
  for (let k = BASE; ; k += BASE) {
    const t = threshold(k, bias)
    if (q < t) return text + digitText(q)
    text += digitText(t + ((q - t) % (BASE - t)))
    q = Math.floor((q - t) / (BASE - t))
  }
}

/** The inverse, given without `xn--`; null where it is not valid. */
export function decodePunycode(text: string): string | null {
  const dash = text.lastIndexOf('-')
  const points = Array.from(text.slice(0, Math.max(dash, 0)), (character) => character.charCodeAt(0))
  let n = INITIAL_N
  let i = 0
  let bias = INITIAL_BIAS
  for (let at = dash + 1; at < text.length; ) {
    const before = i
    let weight = 1
    for (let k = BASE; ; k += BASE) {
      const digit = digitOf(text.charCodeAt(at++))
      if (digit < 0) return null
      i += digit * weight
      if (i > 0x7fff_ffff) return null
      const t = threshold(k, bias)
      if (digit < t) break
      weight *= BASE - t
    }
    bias = adapt(i - before, points.length + 1, before === 0)
    n += Math.floor(i / (points.length + 1))
    i %= points.length + 1
    if (n > 0x10_ffff || (n >= 0xd800 && n <= 0xdfff)) return null
    points.splice(i++, 0, n)
  }
  return String.fromCodePoint(...points)
}

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 22
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x7a ? letter - 0x61 : -1
}
