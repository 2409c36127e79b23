/** What a handler returned cannot be sent. A stack would show the platform's own lines alone, so there is none. */
export class AnswerError extends Error {
  constructor(message: string) {
    super(message)
    this.stack = message
  }
}
