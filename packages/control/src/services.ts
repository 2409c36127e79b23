import type { AccountService } from './accounts.ts'
import type { AuditService } from './audit.ts'
import type { DeploymentService } from './deployments.ts'
import type { DomainService } from './domains.ts'
import type { FleetService } from './fleet.ts'
import type { GroupService } from './groups.ts'
import type { HealthService } from './health.ts'
import type { KeyService } from './keys.ts'
import type { LogService } from './logs.ts'
import type { RealmService } from './realms.ts'
import type { SecretService } from './secrets.ts'
import type { ShellService } from './shell.ts'
import type { TestService } from './tests.ts'
import type { TokenService } from './tokens.ts'
import type { UsageService } from './usage.ts'
import type { UserService } from './users.ts'

/** One service per noun. Every method takes the caller first and answers only for what that caller may see. */
export interface Services {
  accounts: AccountService
  tokens: TokenService
  audit: AuditService
  realms: RealmService
  deployments: DeploymentService
  keys: KeyService
  domains: DomainService
  users: UserService
  groups: GroupService
  logs: LogService
  usage: UsageService
  tests: TestService
  shell: ShellService
  secrets: SecretService
  fleet: FleetService
  health: HealthService
}
