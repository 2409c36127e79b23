import { createHash } from 'node:crypto'
import { Ec2Error } from './ec2-error.ts'

const MOST_LENGTH = 128

/**
 * Client tokens: the same token with the same parameters is answered with what the first call made; with others it is
 * refused. A call that failed leaves no mark, so that it can be repeated.
 */
export class ClientTokens {
  readonly #seen = new Map<string, { digest: string; made: Promise<unknown> }>()

  async once<T>(
    action: string,
    token: string | undefined,
    parameters: object,
    make: () => Promise<T>,
  ): Promise<T> {
    if (token === undefined) return make()
    if (token.length > MOST_LENGTH) {
      throw new Ec2Error('InvalidParameterValue', `ClientToken is longer than ${MOST_LENGTH} characters`)
    }
    const key = `${action}:${token}`
    const digest = createHash('sha256').update(JSON.stringify(parameters)).digest('hex')
    const seen = this.#seen.get(key)
    if (seen) {
      if (seen.digest === digest) return seen.made as Promise<T>
      const why = `Client token '${token}' was used before with other parameters`
      throw new Ec2Error('IdempotentParameterMismatch', why)
    }
    const made = make()
    this.#seen.set(key, { digest, made })
    made.catch(() => this.#seen.delete(key))
    return made
  }
}
