import { diskActions } from '../actions/disks.ts'
import { fleetActions } from '../actions/fleets.ts'
import { imageActions } from '../actions/images.ts'
import { instanceActions } from '../actions/instances.ts'
import { templateActions } from '../actions/launch-templates.ts'
import { interfaceActions } from '../actions/network-interfaces.ts'
import { networkActions } from '../actions/networks.ts'
import { offeringActions } from '../actions/offerings.ts'
import { routingActions } from '../actions/routing.ts'
import { securityGroupActions } from '../actions/security-groups.ts'
import { spotRequestActions } from '../actions/spot-requests.ts'
import { tagActions } from '../actions/tags.ts'
import type { Action } from './action.ts'

/** Every action that is simulated, by the name in `Action=`. */
export const ACTIONS: Record<string, Action> = {
  ...instanceActions,
  ...fleetActions,
  ...templateActions,
  ...securityGroupActions,
  ...diskActions,
  ...interfaceActions,
  ...spotRequestActions,
  ...offeringActions,
  ...imageActions,
  ...networkActions,
  ...routingActions,
  ...tagActions,
}
