/**
 * Takes from both ends what `isOuter` says of the UTF-16 unit. A regular expression for the end would look at every run of
 * spaces inside again and again, which a hostile text of many spaces turns into seconds.
 */
export function trim(text: string, isOuter: (unit: number) => boolean): string {
  let start = 0
  let end = text.length
  while (start < end && isOuter(text.charCodeAt(start))) start++
  while (end > start && isOuter(text.charCodeAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}
