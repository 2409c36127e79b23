/** What came back, with the body read. */
export interface Page {
  status: number
  headers: Headers
  text: string
  bytes: Uint8Array
}

/** A browser as far as these tests need one: it keeps cookies and does not follow redirects by itself. */
export class Browser {
  readonly #base: string
  readonly #cookies = new Map<string, string>()

  /** `base`: address of a realm, without trailing slash. */
  constructor(base: string) {
    this.#base = base.replace(/\/$/, '')
  }

  /** `path`: below the realm, with its slash. */
  get(path: string): Promise<Page> {
    return this.#send(path, {})
  }

  post(path: string, form: Record<string, string> | FormData): Promise<Page> {
    const body = form instanceof FormData ? form : new URLSearchParams(form)
    return this.#send(path, { method: 'POST', body })
  }

  /** Where a redirect leads, below the realm. */
  locationOf(page: Page): string {
    return this.pathOf(page.headers.get('location') ?? '')
  }

  /** An address as it stands in a page, below the realm. */
  pathOf(address: string): string {
    return new URL(address, `${this.#base}/`).href.replace(this.#base, '')
  }

  async #send(path: string, init: RequestInit): Promise<Page> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = cookie ? { cookie } : {}
    const response = await fetch(this.#base + path, { ...init, headers, redirect: 'manual' })
    for (const set of response.headers.getSetCookie()) this.#keep(set)
    const bytes = await response.bytes()
    return {
      status: response.status,
      headers: response.headers,
      bytes,
      text: new TextDecoder().decode(bytes),
    }
  }

  #keep(set: string): void {
    const [pair = ''] = set.split(';')
    const [name = '', value = ''] = pair.split('=')
    if (/;\s*max-age=0/i.test(set) || value === '') this.#cookies.delete(name)
    else this.#cookies.set(name, value)
  }
}
