import { PlatformError } from '@openzimki/core'
import type { Response } from 'express'
import type { ControlLog } from '../control-context.ts'
import { mapError } from '../database/map-error.ts'

/** Answers an error as JSON. What is not ours to show is logged under an id, and only the id is shown. */
export function sendError(
  response: Response,
  thrown: unknown,
  { randomUUID, log }: { randomUUID: () => string; log: ControlLog },
): void {
  if (response.req.destroyed && !response.req.complete) {
    // The client went away in the middle of its body: nobody is left to hear of it, and nothing failed on our side.
    response.destroy()
    return
  }
  const error = mapBodyError(thrown) ?? mapError(thrown)
  const shown = error.code === 'INTERNAL' ? hidden(error, thrown, randomUUID(), log) : error
  if (response.headersSent) {
    response.destroy()
    return
  }
  // Whatever is left of a body that nobody reads would hold the connection.
  if (!response.req.complete) response.set('connection', 'close')
  response.status(shown.httpStatus).json({ error: shown.toJSON() })
}

function hidden(error: PlatformError, thrown: unknown, id: string, log: ControlLog): PlatformError {
  const cause = error.cause ?? thrown
  log('error', 'A request to the API failed', {
    id,
    error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
  })
  return new PlatformError('INTERNAL', `Something failed on our side; tell the operator this id: ${id}`, {
    details: { id },
  })
}

/** Errors of express's body parser and router carry a status of their own. */
function mapBodyError(thrown: unknown): PlatformError | null {
  if (thrown instanceof PlatformError || !(thrown instanceof Error)) return null
  const { status, type } = thrown as { status?: unknown; type?: unknown }
  if (status === 413) return new PlatformError('TOO_LARGE', 'The body is larger than this route allows')
  if (type === 'entity.parse.failed')
    return new PlatformError('INVALID_ARGUMENT', 'The body is not valid JSON')
  if (thrown instanceof URIError)
    return new PlatformError('INVALID_ARGUMENT', 'The path is not valid percent-encoding')
  if (typeof status !== 'number' || status < 400 || status > 499) return null
  return new PlatformError('INVALID_ARGUMENT', `The request cannot be read: ${thrown.message}`)
}
