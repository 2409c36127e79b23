import type { Engine } from './open-engine.ts'

type Dial = Engine['docker']['modem']['dial']

/**
 * The engine, none of whose calls waits for ever: those that nobody can abort are given up after `callMs`. Otherwise one answer that
 * never comes, from an engine that hangs or a connection that is dead and does not know, would hold up its machine until the platform ends.
 */
export function boundCalls(engine: Engine, callMs: number): Engine {
  const { modem } = engine.docker
  const dial: Dial = modem.dial.bind(modem)
  modem.dial = (options, callback) =>
    dial({ ...options, abortSignal: options.abortSignal ?? AbortSignal.timeout(callMs) }, callback)
  return engine
}
