import { instanceActions } from '../actions/instances.ts'
import { tagActions } from '../actions/tags.ts'
import type { Action } from './action.ts'

/** Every action that is simulated, by the name in `Action=`. */
export const ACTIONS: Record<string, Action> = {
  ...instanceActions,
  ...tagActions,
}
