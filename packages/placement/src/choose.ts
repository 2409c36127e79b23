import type { CellEndpoint } from './route-table.ts'

/**
 * The cell with the fewest requests in flight, or null when there is none. Of equals, the one with the smallest id, so that
 * every gateway with the same figures chooses alike and a quiet realm stays in one warm isolate. Runs once a request: no
 * allocation.
 */
export function choose(
  cells: readonly CellEndpoint[],
  inFlight: (cell: CellEndpoint) => number,
): CellEndpoint | null {
  let best: CellEndpoint | null = null
  let least = Number.POSITIVE_INFINITY
  for (const cell of cells) {
    const load = inFlight(cell)
    if (best !== null && (load > least || (load === least && cell.id > best.id))) continue
    best = cell
    least = load
  }
  return best
}
