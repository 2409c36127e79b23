/** Kinds of calls that a driver makes of an engine. */
export type ApiCall =
  | 'info'
  | 'list'
  | 'create'
  | 'inspect'
  | 'start'
  | 'update'
  | 'kill'
  | 'wait'
  | 'logs'
  | 'remove'
  | 'other'

const CALLS: [ApiCall, RegExp][] = [
  ['info', /^GET \/info$/],
  ['list', /^GET \/containers\/json$/],
  ['create', /^POST \/containers\/create$/],
  ['inspect', /^GET \/containers\/[^/]+\/json$/],
  ['start', /^POST \/containers\/[^/]+\/start$/],
  ['update', /^POST \/containers\/[^/]+\/update$/],
  ['kill', /^POST \/containers\/[^/]+\/kill$/],
  ['wait', /^POST \/containers\/[^/]+\/wait$/],
  ['logs', /^GET \/containers\/[^/]+\/logs$/],
  ['remove', /^DELETE \/containers\/[^/]+$/],
]

/** Steps of a launch and of the way out, all of which are to be disturbed. */
export const STEPS: readonly ApiCall[] = CALLS.map(([call]) => call)

/** What is called by a request line of the engine's HTTP API, with or without a version. */
export function apiCallOf(method: string, url: string): ApiCall {
  const path = url.replace(/\?.*$/s, '').replace(/^\/v\d+\.\d+(?=\/)/, '')
  return CALLS.find(([, pattern]) => pattern.test(`${method} ${path}`))?.[0] ?? 'other'
}
