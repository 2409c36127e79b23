/** The value of `zimki.redirect(url)`; a handler returns it. */
export class Redirect {
  readonly url: string

  constructor(url: unknown) {
    this.url = String(url)
  }
}
