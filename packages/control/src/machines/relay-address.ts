const PREFIX = 'relay:'

/** How the routes name a cell that is reached through its machine's agent. Machines' ids have no slash. */
export const relayAddress = (machine: string, cell: string): string => `${PREFIX}${machine}/${cell}`

/** Null: it is an address of another kind. */
export function parseRelayAddress(address: string): { machine: string; cell: string } | null {
  if (!address.startsWith(PREFIX)) return null
  const slash = address.indexOf('/')
  if (slash < 0) return null
  return { machine: address.slice(PREFIX.length, slash), cell: address.slice(slash + 1) }
}
