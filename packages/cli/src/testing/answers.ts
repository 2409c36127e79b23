/** Answers that the API could give, for tests. */

export const UUID = '11111111-1111-4111-8111-111111111111'
export const DIGEST = 'ab'.repeat(32)

export const wentLive = {
  realm: 'hello',
  realmId: UUID,
  alias: 'hello',
  key: UUID,
  deployment: DIGEST,
  url: 'https://platform.test/u/hello',
  origin: 'https://hello.platform.test',
  ms: 41.5,
  changed: true,
  created: false,
}

export const realm = {
  id: UUID,
  account: UUID,
  name: 'hello',
  kind: 'script',
  deployment: DIGEST,
  state: 'live',
  reason: null,
  pathForm: true,
  limits: {},
  url: 'https://platform.test/u/hello',
  origin: 'https://hello.platform.test',
  createdAtMs: 0,
}

export const key = {
  id: UUID,
  realm: UUID,
  name: null,
  alias: 'hello',
  debug: false,
  url: 'https://platform.test/u/hello',
  origin: 'https://hello.platform.test',
  createdAtMs: 0,
  revokedAtMs: null,
}

export const deployment = {
  id: DIGEST,
  realm: UUID,
  kind: 'script',
  live: true,
  createdAtMs: 0,
  liveAtMs: 0,
  createdBy: 'laptop',
  files: 1,
  bytes: 10,
}

export const amounts = {
  requests: 3,
  errors: 1,
  cpuNs: 2_500_000,
  jsops: 12,
  wallMs: 9,
  bytesIn: 100,
  bytesOut: 2_000,
  egressBytes: 0,
  storeReads: 4,
  storeWrites: 5,
}

export const logLine = (id: string, text: string) => ({
  id,
  timeMs: 0,
  deployment: DIGEST,
  request: null,
  level: 'info',
  text,
})

/** One Server-Sent Event. */
export const event = (id: string, data: unknown) => `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`
