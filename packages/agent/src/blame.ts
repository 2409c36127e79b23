import type { Cell, CellEnd } from './cell.ts'
import { suspects } from './suspects.ts'

/** Signals by which V8 and the kernel end a process for what it did itself. */
const OWN_FAULT = new Set(['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGTRAP', 'SIGFPE', 'SIGSYS'])

/**
 * Who brought a cell down. `guilty`: known for certain. `parted`: one of them did it, nobody knows which. Both are keys. A
 * process that somebody killed from outside says nothing about anyone.
 */
export function blame(cell: Cell, end: CellEnd): { guilty: string[]; parted: string[] } {
  const { keys, known } = end.blame ?? (isOwnFault(end) ? lastSeen(cell) : NOBODY)
  return known ? { guilty: keys, parted: [] } : { guilty: [], parted: keys }
}

const NOBODY = { keys: [], known: false }

const lastSeen = (cell: Cell) => suspects({ vitals: cell.vitals, deployments: cell.loads.all() })

const isOwnFault = ({ how, signal }: CellEnd) =>
  how === 'crashed' && (signal === null || OWN_FAULT.has(signal))
