export { type Account, account } from './accounts.ts'
export { apiReference } from './api-reference.ts'
export { ARTIFACT_BOUNDS, artifact, isArtifactPath } from './artifact.ts'
export { type AuditRecord, auditRecord } from './audit.ts'
export { type Client, type ClientOptions, createClient, type RouteInput } from './client.ts'
export { type Deployment, deployment, type WentLive, wentLive } from './deployments.ts'
export { type Domain, domain, host } from './domains.ts'
export { formatErrorEvent, formatEvent, readEvents } from './event-stream.ts'
export type { Page } from './fields.ts'
export type { FleetAction, FleetMachine, FleetPool } from './fleet.ts'
export { type Key, key } from './keys.ts'
export { realmLimits } from './limits.ts'
export { type LogLine, logLine } from './logs.ts'
export { openApi } from './openapi.ts'
export { type Realm, realm } from './realms.ts'
export {
  type Access,
  COMMON_ERRORS,
  type EventAnswer,
  type LinesAnswer,
  type Route,
  type RouteAnswer,
  type RouteCall,
  type RouteResult,
} from './route.ts'
export { BASE_PATH, type Routes, routes } from './routes.ts'
export { type Secret, secret } from './secrets.ts'
export { type TestResult, testResult } from './tests.ts'
export { type Token, token } from './tokens.ts'
export { type UsageRow, usageRow } from './usage.ts'
export { type Group, group, type User, user } from './users.ts'
