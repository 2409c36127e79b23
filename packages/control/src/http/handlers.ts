import type { Route, RouteAnswer, RouteCall, Routes } from '@openzimki/api'
import type { Caller } from '../caller.ts'
import type { Services } from '../services.ts'

/** What every handler gets beside the validated parts of the request. */
export interface HandlerContext {
  caller: Caller
  /** Fires when the client is gone. */
  signal: AbortSignal
  lastEventId: string | undefined
}

/** One handler, typed by its route. */
export type Handler<R extends Route> = (call: RouteCall<R> & HandlerContext) => Promise<RouteAnswer<R>>

/** One handler for each route of the table; a missing one does not compile. */
export type Handlers = { [N in keyof Routes]: { [A in keyof Routes[N]]: Handler<Routes[N][A] & Route> } }

/** From the table of routes to the services. */
export const createHandlers = (services: Services): Handlers => ({
  ...accountHandlers(services),
  ...realmHandlers(services),
  ...entryHandlers(services),
  ...userHandlers(services),
  ...runHandlers(services),
  ...fleetHandlers(services),
})

function accountHandlers({
  accounts,
  tokens,
  audit,
  health,
}: Services): Pick<Handlers, 'accounts' | 'tokens' | 'audit' | 'health'> {
  return {
    accounts: {
      me: ({ caller }) => accounts.me(caller),
      create: ({ caller, body }) => accounts.create(caller, body),
      list: ({ caller, query }) => accounts.list(caller, query),
      get: ({ caller, params }) => accounts.get(caller, params.account),
      update: ({ caller, params, body }) => accounts.update(caller, params.account, body),
      delete: async ({ caller, params }) => void (await accounts.delete(caller, params.account)),
    },
    tokens: {
      create: ({ caller, body }) => tokens.create(caller, body),
      list: ({ caller, query }) => tokens.list(caller, query),
      revoke: async ({ caller, params }) => void (await tokens.revoke(caller, params.token)),
    },
    audit: { list: ({ caller, query }) => audit.list(caller, query) },
    health: {
      get: async () => health.get(),
      openapi: async () => health.openApi(),
    },
  }
}

function realmHandlers({
  realms,
  deployments,
  secrets,
}: Services): Pick<Handlers, 'realms' | 'deployments' | 'secrets'> {
  return {
    realms: {
      create: ({ caller, body }) => realms.create(caller, body),
      list: ({ caller, query }) => realms.list(caller, query),
      get: ({ caller, params }) => realms.get(caller, params.realm),
      update: ({ caller, params, body }) => realms.update(caller, params.realm, body),
      delete: async ({ caller, params }) => void (await realms.delete(caller, params.realm)),
    },
    deployments: {
      missingBlobs: async ({ caller, params, query, body }) => ({
        missing: await deployments.missingBlobs(caller, params.realm, query.create, body.digests),
      }),
      putBlob: ({ caller, params, query, body }) =>
        deployments.putBlob(caller, params.realm, query.create, params.digest, body),
      create: ({ caller, params, query, body }) =>
        deployments.create(caller, params.realm, query.create, body),
      list: ({ caller, params, query }) => deployments.list(caller, params.realm, query),
      live: ({ caller, params }) => deployments.live(caller, params.realm),
      get: ({ caller, params }) => deployments.get(caller, params.realm, params.deployment),
      rollback: ({ caller, params, body }) => deployments.rollback(caller, params.realm, body.deployment),
      delete: async ({ caller, params }) =>
        void (await deployments.delete(caller, params.realm, params.deployment)),
    },
    secrets: {
      set: ({ caller, params, body }) => secrets.set(caller, params.realm, params.secret, body.value),
      list: ({ caller, params, query }) => secrets.list(caller, params.realm, query),
      delete: async ({ caller, params }) => void (await secrets.delete(caller, params.realm, params.secret)),
    },
  }
}

function entryHandlers({ keys, domains }: Services): Pick<Handlers, 'keys' | 'domains'> {
  return {
    keys: {
      create: ({ caller, params, body }) => keys.create(caller, params.realm, body),
      list: ({ caller, params, query }) => keys.list(caller, params.realm, query),
      update: ({ caller, params, body }) => keys.update(caller, params.realm, params.key, body),
      revoke: ({ caller, params }) => keys.revoke(caller, params.realm, params.key),
      delete: async ({ caller, params }) => void (await keys.delete(caller, params.realm, params.key)),
    },
    domains: {
      create: ({ caller, params, body }) => domains.create(caller, params.realm, body),
      list: ({ caller, params, query }) => domains.list(caller, params.realm, query),
      delete: async ({ caller, params }) => void (await domains.delete(caller, params.realm, params.host)),
    },
  }
}

function userHandlers({ users, groups }: Services): Pick<Handlers, 'users' | 'groups'> {
  return {
    users: {
      create: ({ caller, params, body }) => users.create(caller, params.realm, body),
      list: ({ caller, params, query }) => users.list(caller, params.realm, query),
      get: ({ caller, params }) => users.get(caller, params.realm, params.user),
      setPassword: async ({ caller, params, body }) =>
        void (await users.setPassword(caller, params.realm, params.user, body.password)),
      delete: async ({ caller, params }) => void (await users.delete(caller, params.realm, params.user)),
    },
    groups: {
      create: ({ caller, params, body }) => groups.create(caller, params.realm, body),
      list: ({ caller, params, query }) => groups.list(caller, params.realm, query),
      addMember: ({ caller, params }) => groups.addMember(caller, params.realm, params.group, params.user),
      removeMember: ({ caller, params }) =>
        groups.removeMember(caller, params.realm, params.group, params.user),
      delete: async ({ caller, params }) => void (await groups.delete(caller, params.realm, params.group)),
    },
  }
}

function runHandlers({
  logs,
  usage,
  tests,
  shell,
}: Services): Pick<Handlers, 'logs' | 'usage' | 'tests' | 'shell'> {
  return {
    logs: {
      list: ({ caller, params, query }) => logs.list(caller, params.realm, query),
      follow: ({ caller, params, query, lastEventId, signal }) =>
        logs.follow(caller, params.realm, { after: lastEventId ?? query.after, tail: query.tail }, signal),
    },
    usage: {
      get: ({ caller, params, query }) => usage.get(caller, params.realm, query),
      readings: ({ caller, params, query }) => usage.readings(caller, params.realm, query),
      providerKey: async () => usage.providerKey(),
    },
    tests: { run: ({ caller, params, body }) => tests.run(caller, params.realm, body) },
    shell: { evaluate: ({ caller, params, body }) => shell.evaluate(caller, params.realm, body.source) },
  }
}

function fleetHandlers({ fleet }: Services): Pick<Handlers, 'fleet'> {
  return {
    fleet: {
      machines: ({ caller, query }) => fleet.machines(caller, query),
      pools: ({ caller }) => fleet.pools(caller),
      plan: ({ caller }) => fleet.plan(caller),
      drain: async ({ caller, params, body }) =>
        void (await fleet.drain(caller, params.machine, body.reason)),
    },
  }
}
