const HOST = /^(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])$/

/** A Host header as a name: lower case, without port and final dot. Null when it is none. */
export function hostName(header: string): string | null {
  const lower = header.toLowerCase()
  const bracket = lower.indexOf(']')
  const colon = lower.indexOf(':', bracket + 1)
  const port = colon === -1 ? '' : lower.slice(colon + 1)
  if (port !== '' && !/^\d{1,5}$/.test(port)) return null
  let end = colon === -1 ? lower.length : colon
  if (lower[end - 1] === '.') end--
  const name = lower.slice(0, end)
  return name.length <= 253 && HOST.test(name) ? name : null
}
