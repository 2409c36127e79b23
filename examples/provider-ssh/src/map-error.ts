import { PlatformError } from '@openzimki/provider'
import { FULL_STATUS, GONE_STATUS, UNENDING_STATUS } from './host-program.ts'
import { HostError } from './ssh-host.ts'

type Code = 'CANCELLED' | 'INTERNAL' | 'NO_CAPACITY' | 'PERMISSION_DENIED' | 'TIMEOUT'
type Meaning = [code: Code, todo: string]

const BY_STATUS: Record<number, Meaning> = {
  [FULL_STATUS]: ['NO_CAPACITY', 'the host has maxMachines: launch under another id, or raise it'],
  [GONE_STATUS]: ['INTERNAL', 'the machine was destroyed while it was launched: launch it again'],
  [UNENDING_STATUS]: ['TIMEOUT', 'the process was killed and has not ended: try again'],
}

/** By what ssh2, the system here and the shell there say. First match wins. */
const BY_TEXT: [RegExp, Meaning][] = [
  [/no space left|disk quota/i, ['NO_CAPACITY', 'free space on the host’s disk']],
  [
    /cannot fork|resource temporarily unavailable/i,
    ['NO_CAPACITY', 'end some processes there, or raise its limit (ulimit -u)'],
  ],
  [
    /host denied|verification failed/i,
    ['PERMISSION_DENIED', 'the host has another key than hostKey says: find out why before you change it'],
  ],
  [
    /authentication methods failed/i,
    ['PERMISSION_DENIED', 'put the public key of keyFile into the user’s authorized_keys there'],
  ],
  [/permission denied|EACCES/i, ['PERMISSION_DENIED', 'let the user write there']],
  [
    /timed out|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|EPIPE/i,
    ['TIMEOUT', 'start sshd there or mend host and port, then try again'],
  ],
]

/** The only place where errors of ssh2 and of hosts get the contract's codes. What is not known here becomes INTERNAL. */
export function mapError(thrown: unknown): PlatformError {
  if (thrown instanceof PlatformError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const [code, todo] = meaningOf(thrown, message)
  return new PlatformError(code, `ssh provider: ${message}; ${todo}`, { cause: thrown })
}

function meaningOf(thrown: unknown, message: string): Meaning {
  if (thrown instanceof Error && thrown.name === 'AbortError') return ['CANCELLED', 'call again']
  const byStatus = thrown instanceof HostError ? BY_STATUS[thrown.status ?? -1] : undefined
  const byText = BY_TEXT.find(([when]) => when.test(message))?.[1]
  return byStatus ?? byText ?? ['INTERNAL', 'see the cause']
}
