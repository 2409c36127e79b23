/**
 * What can happen between a client and its engine. `refused`: the connection breaks before the engine hears anything. `failed`: a 500,
 * and nothing was done. `hung`: nothing was done, and no answer ever comes. `late`: done, later than asked. `lost`: done, and the
 * connection breaks before the answer. `denied`: done, and a 500 says that it was not. `cut`: done, and the answer ends in its middle.
 */
export const ENGINE_FAULTS = ['refused', 'failed', 'hung', 'late', 'lost', 'denied', 'cut'] as const
export type EngineFault = (typeof ENGINE_FAULTS)[number]
