/** What the host says of the request that runs now. */
export interface RequestState {
  number: number
  /** Percent-decoded, without leading slash. */
  path: string
  args: Record<string, unknown>
  root: string
  apikey: string
  alias: string | null
}

/** The one request of this isolate that runs now, or the state between requests. */
export const NO_REQUEST: RequestState = { number: 0, path: '', args: {}, root: '', apikey: '', alias: null }

/** One request at a time runs in a script isolate, so `zimki.*` can mean "of the current request". */
export class CurrentRequest {
  state: RequestState = NO_REQUEST
  /** Dropped at the end of each request. */
  session: object | null = null

  begin(state: RequestState): void {
    this.state = state
    this.session = null
  }

  end(): void {
    this.begin(NO_REQUEST)
  }
}
