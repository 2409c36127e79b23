import { createHash } from 'node:crypto'
import { type Clock, PlatformError } from '@openzimki/core'
import ipaddr from 'ipaddr.js'
import { SessionLoginBudget } from './session-login-budget.ts'
import { SessionRecentTable } from './session-recent-table.ts'

const WRONG_IN_A_ROW = 10
const ROW_MS = 60_000
const FIRST_PAUSE_MS = 15_000
const LONGEST_PAUSE_MS = 300_000
/**
 * So many wrong passwords for one name within a while, of which one address counts for two: then many guess together, and each
 * address has one try before it must pause.
 */
const SIEGE = 50
const SIEGE_SHARE = 2
const SIEGE_MS = 600_000
/** The budget lets in 10 tries a second, so within a lifetime no entry is ever pushed out by others. */
const STREAKS = { capacity: 16_384, lifetimeMs: 1_200_000 }
const NAMES = { capacity: 8_192, lifetimeMs: SIEGE_MS }
const MAX_SHOWN_CHARS = 64
const BUSY_NOTE_MS = 60_000

/** Somebody says who he is. */
export interface LoginTry {
  username: string
  /** The client's address. */
  remote: string
  /** Id of the session, when this very user has logged in by this browser before; else null. */
  knownBrowser: string | null
}

/** A try that may be hashed; it counts as wrong until it proves right. At most one of the two is called. */
export interface AdmittedTry {
  wrong(): void
  right(): void
}

interface Streak {
  wrong: number
  sinceMs: number
  /** 0: it had no pause yet. */
  pauseMs: number
  pausedUntilMs: number
}

/**
 * Makes guessing passwords slow without locking anybody out: wrong passwords are counted for a name together with where they come
 * from, and tries within a pause change nothing. A browser in which the user has logged in before is counted alone, so that nobody
 * else's guesses are ever held against it. Holds no name as it was given.
 */
export class SessionLoginGuard {
  readonly #clock: Clock
  readonly #note: (text: string) => void
  readonly #budget = new SessionLoginBudget()
  readonly #streaks = new SessionRecentTable<Streak>(STREAKS)
  /** Wrong passwords for a name from strangers, wherever they are. */
  readonly #names = new SessionRecentTable<{ wrong: number; sinceMs: number }>(NAMES)
  #busyNotedMs = Number.NEGATIVE_INFINITY

  /** `note` gets a line for the owner of the realm each time that a pause begins. */
  constructor(clock: Clock, note: (text: string) => void) {
    this.#clock = clock
    this.#note = note
  }

  /** Entries held, in all tables. */
  get size(): number {
    return this.#streaks.size + this.#names.size + this.#budget.size
  }

  /** Throws UNAUTHENTICATED, with `retryAfterMs` in its details, when nothing may be hashed for this try now. */
  admit(attempt: LoginTry): AdmittedTry {
    const nowMs = this.#clock.monotonicMs()
    const name = hash(attempt.username)
    const isKnown = attempt.knownBrowser !== null
    const from = isKnown ? `browser ${attempt.knownBrowser}` : hash(network(attempt.remote))
    const key = `${name} ${from}`
    const streak = this.#streaks.get(key, nowMs) ?? { wrong: 0, sinceMs: nowMs, pauseMs: 0, pausedUntilMs: 0 }
    if (nowMs < streak.pausedUntilMs) throw paused(streak.pausedUntilMs - nowMs)
    if (!this.#budget.take(isKnown ? name : from, isKnown, nowMs)) throw this.#busy(nowMs)
    const isBesieged = !isKnown && this.#isBesieged(name, nowMs)
    const pauses = count(streak, isBesieged ? 1 : WRONG_IN_A_ROW, nowMs)
    this.#streaks.set(key, streak, nowMs)
    const counts = isBesieged || (!isKnown && streak.wrong <= SIEGE_SHARE)
    if (counts) this.#countName(name, 1, nowMs)
    return {
      wrong: () => {
        if (pauses) this.#note(pauseNote(attempt, streak))
      },
      right: () => {
        this.#streaks.delete(key)
        if (counts) this.#countName(name, -1, nowMs)
      },
    }
  }

  #isBesieged(name: string, nowMs: number): boolean {
    return (this.#names.get(name, nowMs)?.wrong ?? 0) >= SIEGE
  }

  #countName(name: string, change: number, nowMs: number): void {
    let entry = this.#names.get(name, nowMs)
    if (entry === null || (entry.wrong < SIEGE && nowMs - entry.sinceMs > SIEGE_MS))
      entry = { wrong: 0, sinceMs: nowMs }
    entry.wrong = Math.max(0, entry.wrong + change)
    this.#names.set(name, entry, nowMs)
  }

  #busy(nowMs: number): PlatformError {
    if (nowMs - this.#busyNotedMs > BUSY_NOTE_MS) {
      this.#busyNotedMs = nowMs
      this.#note('logins are refused for a moment: there are more of them than this realm may have at once')
    }
    const retryAfterMs = 1_000
    return new PlatformError('UNAUTHENTICATED', 'too many logins at the moment: try again in a few seconds', {
      details: { retryAfterMs },
    })
  }
}

/** Counts a try; true when a pause begins with it. After a pause one wrong password is enough for the next, longer one. */
function count(streak: Streak, limit: number, nowMs: number): boolean {
  if (streak.pauseMs === 0 && nowMs - streak.sinceMs > ROW_MS) {
    streak.wrong = 0
    streak.sinceMs = nowMs
  }
  streak.wrong += 1
  if (streak.pauseMs === 0 && streak.wrong < limit) return false
  streak.pauseMs = streak.pauseMs === 0 ? FIRST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, streak.pauseMs * 2)
  streak.pausedUntilMs = nowMs + streak.pauseMs
  return true
}

/** Names and addresses are of any length and anybody's secret; a hash of them is neither. */
function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22)
}

/** Whoever has one address of IPv6 has a network of 64 bits of them. */
function network(remote: string): string {
  if (!ipaddr.isValid(remote)) return remote
  const address = ipaddr.process(remote)
  return address instanceof ipaddr.IPv6 ? address.parts.slice(0, 4).join(':') : address.toString()
}

const seconds = (ms: number): number => Math.ceil(ms / 1_000)

function pauseNote({ username, remote }: LoginTry, { wrong, pauseMs }: Streak): string {
  const [name, from] = [username, remote].map((text) => JSON.stringify(text.slice(0, MAX_SHOWN_CHARS)))
  return `logins as ${name} from ${from} are refused for ${seconds(pauseMs)} s: wrong passwords in a row: ${wrong}`
}

function paused(leftMs: number): PlatformError {
  return new PlatformError(
    'UNAUTHENTICATED',
    `too many wrong passwords for this name: try again in ${seconds(leftMs)} s`,
    { details: { retryAfterMs: leftMs } },
  )
}
