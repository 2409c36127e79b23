import type { Enter, HostDoor } from '../host-door.ts'
import { installWeb } from '../web/index.ts'
import { jsonParse, MapClass, mapDelete, mapGet, mapSet } from '../web/primordials.ts'
import { findHandler, type Handler } from './handler.ts'
import { type HttpEvent, RequestJob } from './request-job.ts'

export interface ModuleKind {
  /**
   * Takes the program's module. Throws TypeError, with a message for the program's author, when its default export cannot
   * answer requests.
   */
  start(module: { default: unknown }, env: object): void
  /** The host's way in; see host-door.ts for the events. Throws nothing for what the program does. */
  enter: Enter
}

/** The module kind of a realm: puts the web platform on `global` and answers the host's events with the program. */
export function createModuleKind({ door, global }: { door: () => HostDoor; global: object }): ModuleKind {
  const web = installWeb(global, door)
  const jobs = new MapClass<number, RequestJob>()
  let handler: Handler | null = null
  let environment: object = {}

  const serve = (request: number, payload: string, bytes: ArrayBuffer | undefined): void => {
    if (!handler) throw new Error('The program has not been started')
    let isOver = false
    const job = new RequestJob(door(), request, jsonParse(payload) as HttpEvent, bytes, () => {
      isOver = true
      mapDelete(jobs, request)
    })
    job.run(handler, environment)
    // Most are over by now, and a Map that they went through would keep them alive (see core's IdTable).
    if (!isOver) mapSet(jobs, request, job)
  }

  const abort = (request: number): void => {
    const job = mapGet(jobs, request)
    mapDelete(jobs, request)
    job?.abort()
  }

  return {
    start(module, env) {
      handler = findHandler(module.default)
      environment = env
    },
    enter(event, request, payload, bytes) {
      if (event === 'http') serve(request, payload, bytes)
      else if (event === 'timer') web.fireTimer((jsonParse(payload) as { timer: number }).timer)
      else if (event === 'timers.gone') web.forgetTimers((jsonParse(payload) as { timers: number[] }).timers)
      else if (event === 'abort') abort(request)
    },
  }
}
