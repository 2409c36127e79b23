/** Outbound HTTP under the operator's policy. Errors: PERMISSION_DENIED, TIMEOUT, TOO_LARGE, UNAVAILABLE, INVALID_ARGUMENT. */
export interface Egress {
  request(outgoing: {
    method: string
    url: string
    /** name, value, name, value ... */
    headers: string[]
    body?: Uint8Array
    redirect: 'follow' | 'manual' | 'error'
    signal?: AbortSignal
  }): Promise<{
    status: number
    statusText: string
    url: string
    headers: string[]
    body: Uint8Array
    bytesOut: number
    bytesIn: number
  }>
}
