import type { Blame, Cell, CellEnd } from './cell.ts'
import { suspects } from './judge-cell.ts'

/** Signals by which V8 and the kernel end a process for what it did itself. */
const OWN_FAULT = new Set(['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGTRAP', 'SIGFPE', 'SIGSYS'])

/**
 * Who brought a cell down. `guilty`: known for certain. `parted`: one of them did it, nobody knows which. Both are keys. A
 * process that somebody killed from outside says nothing about anyone.
 */
export function blame(cell: Cell, end: CellEnd): { guilty: string[]; parted: string[] } {
  const { keys, known } = end.blame ?? (isOwnFault(end) ? lastSeen(cell) : { keys: [], known: false })
  return known ? { guilty: keys, parted: [] } : { guilty: [], parted: keys }
}

const isOwnFault = ({ how, signal }: CellEnd) =>
  how === 'crashed' && (signal === null || OWN_FAULT.has(signal))

/** Whoever was busy when the cell was last heard of. */
export function lastSeen(cell: Cell): Blame {
  return suspects({ vitals: cell.vitals, deployments: cell.loads.all() })
}
