import { DEFAULT_LIMITS, type RealmLimits } from '@openzimki/core'

/** The platform's defaults, over them what the deployment says, over that what the realm's owner set. Both as JSON text. */
export function effectiveLimits(deploymentLimits: string, realmLimits: string): RealmLimits {
  return { ...DEFAULT_LIMITS, ...JSON.parse(deploymentLimits), ...JSON.parse(realmLimits) }
}
