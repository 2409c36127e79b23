/**
 * What the control plane itself costs, over real SQLite, files, HTTP and a link, with an agent that answers at once:
 * a deploy of 100 KB, a demand, and a snapshot among many realms. Run: `node packages/control/bench/control.ts`.
 */
import { randomUUID } from 'node:crypto'
import { DEFAULT_LIMITS } from '@openzimki/core'
import { RoutePublisher } from '../src/routing/route-publisher.ts'
import { artifactOf, startTestControl } from '../src/testing/test-control.ts'

const quantile = (times: number[], q: number): string => {
  const sorted = times.toSorted((a, b) => a - b)
  return `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0).toFixed(2)} ms`
}
const show = (what: string, times: number[]) =>
  console.log(`${what}: p50 ${quantile(times, 0.5)}, p99 ${quantile(times, 0.99)} (${times.length} times)`)

async function timed(count: number, work: (n: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    const start = performance.now()
    await work(n)
    times.push(performance.now() - start)
  }
  return times
}

const test = await startTestControl()
const { client } = await test.customer()
const params = { realm: 'bench' }
const source = Array.from({ length: 2_500 }, (_, n) => `function f${n}(a) { return a + ${n} }\n`).join('')
const deploys = await timed(100, (n) =>
  client.deployments.create({
    params,
    query: { create: true },
    body: artifactOf({ scripts: [{ name: 'main.js', source: `${source}// ${n}` }] }),
  }),
)
show(`deploy of ${Math.round(source.length / 1000)} KB over HTTP`, deploys)
const { realmId, deployment } = await client.deployments.create({
  params,
  query: { create: true },
  body: artifactOf(),
})
const demands = await timed(500, async () => {
  const cell = test.agent.cellOf(realmId, deployment)
  await test.agent.control('cell.gone', { cell, cordon: null, reason: 'bench', offenders: [] })
  test.agent.held.clear()
  await test.control.routes.demand(realmId)
})
show('cell gone and demand', demands)
await test.close()

for (const count of [1_000, 50_000]) {
  const publisher = new RoutePublisher(['localhost'])
  const ids = Array.from({ length: count }, () => randomUUID())
  for (const id of ids) {
    publisher.setRealm({
      realm: {
        ...{ id, account: id, deployment: 'd', kind: 'script', limits: DEFAULT_LIMITS },
        ...{ state: 'live', reason: null, pathForm: true },
      },
      keys: [{ id: randomUUID(), alias: `a-${id}`, realm: id, debug: false }],
      domains: [],
    })
  }
  publisher.flush()
  const changes = await timed(1_000, async (n) => {
    publisher.addCell(ids[n % count] ?? '', 'd', { id: `c${n}`, address: 'unix:/x' })
    publisher.flush()
  })
  show(`snapshot after one change among ${count} realms`, changes)
  publisher.close()
}
