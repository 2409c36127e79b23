import type { Policy } from './policy.ts'

/** An access key that is known, with what it may do. */
export interface Caller {
  accessKeyId: string
  secretAccessKey: string
  /** Temporary keys come with one. */
  sessionToken: string | null
  /** For messages: who this is. */
  arn: string
  policy: Policy
}

/** The keys that are known. They can be added to while running: instances get theirs from the metadata service. */
export class Callers {
  readonly #known = new Map<string, Caller>()

  add(caller: Caller): void {
    this.#known.set(caller.accessKeyId, caller)
  }

  get(accessKeyId: string): Caller | undefined {
    return this.#known.get(accessKeyId)
  }

  /** Null when the key is not known, or its session token is not the right one. */
  secretOf(accessKeyId: string, sessionToken: string | null): string | null {
    const caller = this.#known.get(accessKeyId)
    return caller && caller.sessionToken === sessionToken ? caller.secretAccessKey : null
  }
}
