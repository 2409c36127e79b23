import { accountRoutes } from './accounts.ts'
import { auditRoutes } from './audit.ts'
import { deploymentRoutes } from './deployments.ts'
import { domainRoutes } from './domains.ts'
import { fleetRoutes } from './fleet.ts'
import { healthRoutes } from './health.ts'
import { keyRoutes } from './keys.ts'
import { logRoutes } from './logs.ts'
import { realmRoutes } from './realms.ts'
import { secretRoutes } from './secrets.ts'
import { shellRoutes } from './shell.ts'
import { testRoutes } from './tests.ts'
import { tokenRoutes } from './tokens.ts'
import { usageRoutes } from './usage.ts'
import { groupRoutes, userRoutes } from './users.ts'

/** Every path of the table lies below this. */
export const BASE_PATH = '/api/v1'

/** The whole HTTP API: noun, then action. */
export const routes = {
  accounts: accountRoutes,
  tokens: tokenRoutes,
  audit: auditRoutes,
  realms: realmRoutes,
  deployments: deploymentRoutes,
  keys: keyRoutes,
  domains: domainRoutes,
  users: userRoutes,
  groups: groupRoutes,
  logs: logRoutes,
  usage: usageRoutes,
  tests: testRoutes,
  shell: shellRoutes,
  secrets: secretRoutes,
  fleet: fleetRoutes,
  health: healthRoutes,
} as const

export type Routes = typeof routes
