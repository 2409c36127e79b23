import type { Engine } from './open-engine.ts'

type Dial = Engine['docker']['modem']['dial']
type Callback = NonNullable<Parameters<Dial>[1]>

/**
 * The engine, none of whose calls waits for ever: those that nobody can abort are given up after `callMs`, and those that are aborted
 * end then. Otherwise one answer that never comes (from an engine that hangs, over a connection that is dead and does not know) or that
 * ends in its middle, which docker-modem 5 does not notice, would hold up its machine until the platform ends.
 */
export function boundCalls(engine: Engine, callMs: number): Engine {
  const { modem } = engine.docker
  const dial: Dial = modem.dial.bind(modem)
  modem.dial = (options, callback) => {
    const signal = options.abortSignal ?? AbortSignal.timeout(callMs)
    let isTold = false
    const tell: Callback = (error, result) => {
      if (isTold) return
      isTold = true
      signal.removeEventListener('abort', giveUp)
      callback?.(error, result)
    }
    const giveUp = () => tell(signal.reason, null)
    signal.addEventListener('abort', giveUp)
    dial({ ...options, abortSignal: signal }, tell)
  }
  return engine
}
