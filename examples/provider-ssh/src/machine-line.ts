import { type Machine, PlatformError } from '@openzimki/provider'

/** What a machine was launched with: one line of words without spaces, written before it exists and never changed. */
export type MachineRecord = Pick<Machine, 'id' | 'size' | 'zone' | 'fingerprint' | 'createdAtMs'> & {
  owner: string
}

/** So long after its creation a machine without a process may still be getting one. */
const START_MS = 5_000
const LINE =
  /^machine ([a-z0-9-]+) ([a-z0-9-]+) ([a-z0-9-]+) ([a-z0-9-]+) ([a-f0-9]{64}) ([0-9]{1,15}) ([0-9]+|-) (none|alive|ended) (asked|-)$/

export function recordLine({ owner, id, size, zone, fingerprint, createdAtMs }: MachineRecord): string {
  return [owner, id, size, zone, fingerprint, createdAtMs].join(' ')
}

/** The machines that a host told of. INTERNAL when it tells what host-program.sh never prints. */
export function parseMachines(printed: string, owner: string, host: string, nowMs: number): Machine[] {
  return printed.split('\n').flatMap((line) => {
    if (line === '') return []
    const found = LINE.exec(line)
    if (!found) {
      const message = `ssh provider: ${host} tells of a machine in words that are none: ${JSON.stringify(line.slice(0, 200))}`
      throw new PlatformError('INTERNAL', `${message}; look at the folder of its machines`)
    }
    const [, of, id = '', size = '', zone = '', fingerprint = '', created, pid, life = '', asked] = found
    if (of !== owner) return []
    const createdAtMs = Number(created)
    const native = pid === '-' ? `no process at ${host}` : `pid ${pid} at ${host}`
    const state = stateOf(life, asked === 'asked', nowMs < createdAtMs + START_MS)
    return [{ id, size, zone, fingerprint, createdAtMs, native, ...state }]
  })
}

function stateOf(life: string, isAsked: boolean, isYoung: boolean): Pick<Machine, 'state' | 'reason'> {
  if (life === 'alive') return { state: isAsked ? 'stopping' : 'running', reason: null }
  if (isAsked) return { state: 'stopped', reason: null }
  if (life === 'ended') return { state: 'failed', reason: 'the process ended unasked; its logs may say why' }
  if (isYoung) return { state: 'starting', reason: null }
  return { state: 'failed', reason: 'its launch was interrupted, or its program cannot be run; destroy it' }
}
