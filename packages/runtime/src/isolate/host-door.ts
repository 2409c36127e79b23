/**
 * The only door between the code inside an isolate and the cell process outside. Everything that crosses is a string,
 * a number or bytes; no object of the host is ever seen inside.
 */
export interface HostDoor {
  /**
   * Asynchronous operation. Rejects with an Error whose `name` is the PlatformError code and whose message is for people.
   * `payload` is JSON text.
   */
  call(operation: string, payload: string, bytes?: ArrayBuffer): Promise<DoorAnswer>
  /** The same, but the isolate waits (script kind). Other isolates run meanwhile; the wait is not metered as CPU. */
  callSync(operation: string, payload: string, bytes?: ArrayBuffer | string): DoorAnswer
  /** Without an answer; in order with other posts. */
  post(operation: string, payload: string, bytes?: ArrayBuffer | string): void
}

export interface DoorAnswer {
  /** JSON text. */
  payload: string
  bytes: ArrayBuffer | null
}

/**
 * What the host calls in the isolate: `enter(event, request, payload, bytes)`. `request` is the number of the request on
 * whose behalf the entry runs, 0 for none. Answers to `call` are delivered by the door itself, not here.
 */
export type Enter = (event: string, request: number, payload: string, bytes: ArrayBuffer | undefined) => void

/*
 * Operations of the module kind, isolate to host (request = number of the request):
 *
 * post  log             { level, text }
 * post  timer.set       { timer, delayMs }         the host enters `timer` with payload { timer } when it is due
 * post  timer.clear     { timer }
 * sync  random          { size }                   bytes: random
 * post  answer          <request>{ status, headers: [name, value, ...] }   bytes: the whole body; the head goes on as it is
 * post  respond         { request, status, headers: [name, value, ...], streaming }   bytes: the whole body unless streaming
 * call  respond.chunk   { request }  bytes         resolves when there is room for more; rejects when the client is gone
 * post  respond.end     { request }
 * post  respond.fail    { request, message, stack }   the handler threw before (500 page) or after (reset) the head
 * call  body.pull       { request }                bytes: the next chunk of the request's body; payload `null` at its end
 * post  body.cancel     { request }                the program does not want the rest
 * post  wait.done       { request }                all that ctx.waitUntil was given has settled
 * call  remote.fetch    { method, url, headers, redirect } bytes: body; answer { status, statusText, url, headers } and bytes: whole body
 *
 * Events of the module kind, host to isolate:
 *
 * http    payload: RequestHead as JSON (core/src/request-head.ts) plus `body: 'none' | 'whole' | 'stream'`; bytes: the body if whole
 * abort   the client of this request is gone
 * timer   { timer }
 * timers.gone { timers }   these will not be due any more, whoever set them
 */
