import type { AccountPolicy } from './account-policy.ts'
import { AccountService } from './accounts.ts'
import { AuditService } from './audit.ts'
import type { MachineParts } from './compose-machines.ts'
import type { ControlContext } from './control-context.ts'
import type { ControlOptions } from './control-options.ts'
import { Deployer } from './deploy/deployer.ts'
import { SharedFiles } from './deploy/shared-files.ts'
import { DeploymentService } from './deployments.ts'
import { DomainService } from './domains.ts'
import { FleetService } from './fleet.ts'
import { GroupService } from './groups.ts'
import { HealthService } from './health.ts'
import { KeyService } from './keys.ts'
import { LogService } from './logs.ts'
import type { LogStore } from './metering/log-store.ts'
import { RealmInvoker } from './realm-invoker.ts'
import { RealmRemover } from './realm-remover.ts'
import { RealmUrls } from './realm-urls.ts'
import { RealmService } from './realms.ts'
import type { RoutePublisher } from './routing/route-publisher.ts'
import type { RouteRefresh } from './routing/route-refresh.ts'
import type { SecretBox } from './secret-box.ts'
import { SecretService } from './secrets.ts'
import type { Services } from './services.ts'
import { ShellService } from './shell.ts'
import { TestService } from './tests.ts'
import { ThrowawayRealms } from './throwaway-realms.ts'
import { TokenService } from './tokens.ts'
import { UsageService } from './usage.ts'
import { UserService } from './users.ts'

export interface ServiceInputs {
  context: ControlContext
  options: ControlOptions
  machines: MachineParts
  publisher: RoutePublisher
  routes: RouteRefresh
  logs: LogStore
  box: SecretBox
  policy: AccountPolicy
}

export interface BuiltServices {
  services: Services
  remover: RealmRemover
  throwaways: ThrowawayRealms
}

export function buildServices(inputs: ServiceInputs): BuiltServices {
  const { context, options, machines, routes, logs, box, publisher, policy } = inputs
  const { objects, blobs, refs } = options
  const stores = { objects, blobs, refs }
  const { fleet, planner, reconciler, hub } = machines
  const urls = new RealmUrls(options.publicUrl, options.baseDomains, policy)
  const unload = unloader(inputs)
  const reload = async (realm: string) => {
    const deployment = publisher.realm(realm)?.deployment
    if (deployment) await unload(realm, deployment)
  }
  const demand = (realm: string) => reconciler.demand(realm)
  const shared = new SharedFiles({ db: context.db, objects, blobs })
  const keysChanged = async (realm: string) => {
    await routes.realm(realm)
    await shared.sync(realm)
  }
  const remover = new RealmRemover({ context, fleet, objects, refs, shared, logs })
  const throwaways = new ThrowawayRealms({
    context,
    objects,
    refs,
    fleet,
    planner,
    reconciler,
    publisher,
    remover,
  })
  const realms = new RealmService({
    context,
    urls,
    routes,
    remover,
    reload,
    rules: machines.rules,
    policy,
    onPlaced: () => machines.keeper?.wake(),
  })
  const deployer = new Deployer({ ...stores, context, urls, routes, planner, fleet, reconciler, shared })
  const invoker = new RealmInvoker(options.invoke, options.randomUUID)
  const provider = { name: options.providerName, publicKeyPem: options.signingKey.publicKeyPem }
  const services: Services = {
    accounts: new AccountService(context, policy, async (account) => {
      await routes.account(account)
      machines.keeper?.wake()
    }),
    tokens: new TokenService(context),
    audit: new AuditService(context),
    realms,
    deployments: new DeploymentService({ context, objects, blobs, refs, realms, deployer, unload }),
    keys: new KeyService(context, urls, keysChanged),
    domains: new DomainService(context, urls, routes),
    users: new UserService(context, objects),
    groups: new GroupService(context, objects),
    logs: new LogService(context, logs),
    usage: new UsageService(context, provider),
    tests: new TestService({ context, blobs, invoker, throwaways, demand }),
    shell: new ShellService(context, invoker, demand),
    secrets: new SecretService(context, box, reload),
    fleet: new FleetService(context, machines),
    health: new HealthService(options.version, () => hub.all().length),
  }
  return { services, remover, throwaways }
}

/** Takes a deployment out of its cell; the next request loads it anew. An agent that is gone has unloaded it already. */
function unloader({
  context,
  machines,
}: ServiceInputs): (realm: string, deployment: string) => Promise<void> {
  return async (realm, deployment) => {
    machines.reconciler.forgive(realm, deployment)
    try {
      await machines.fleet.unload(realm, deployment)
    } catch (error) {
      context.log('warn', 'A deployment could not be unloaded', { realm, deployment, error: String(error) })
    }
  }
}
