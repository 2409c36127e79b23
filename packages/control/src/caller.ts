/** Who asks. Made by authentication alone. */
export interface Caller {
  /** UUID of the account. */
  account: string
  /** Sees and may change what every account owns. */
  operator: boolean
  /** Token's name, for the audit and for `createdBy`. */
  name: string
}

/** The platform itself, for what nobody asked for. */
export const PLATFORM: Caller = { account: 'platform', operator: true, name: 'platform' }
