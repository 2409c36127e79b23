import type { TestResult } from '@openzimki/api'
import { type Artifact, PlatformError } from '@openzimki/core'
import type { BlobStore } from '@openzimki/store'
import { z } from 'zod'
import type { Caller } from './caller.ts'
import type { ControlContext } from './control-context.ts'
import { change } from './database/change.ts'
import type { RealmRow } from './database/rows.ts'
import { requireRealm } from './find-realm.ts'
import type { RealmInvoker } from './realm-invoker.ts'
import { formatTap } from './tap.ts'
import type { ThrowawayRealms } from './throwaway-realms.ts'

const answer = z.array(
  z.object({
    name: z.string(),
    planned: z.number().nullable(),
    assertions: z.array(z.object({ ok: z.boolean(), name: z.string(), detail: z.string().nullable() })),
    error: z.object({ message: z.string(), stack: z.string() }).nullable(),
  }),
)
type ProgramResult = z.output<typeof answer>[number]

export interface TestServiceParts {
  context: ControlContext
  blobs: BlobStore
  invoker: RealmInvoker
  throwaways: ThrowawayRealms
  demand: (realm: string) => Promise<void>
}

/** Unit tests of realms. */
export class TestService {
  readonly #parts: TestServiceParts

  constructor(parts: TestServiceParts) {
    this.#parts = parts
  }

  /** On a copy of the realm that is deleted afterwards, unless `copy` is false. NOT_FOUND: a name that is no test. */
  async run(
    caller: Caller,
    reference: string,
    input: { copy: boolean; names?: string[] | undefined },
  ): Promise<{ ok: boolean; tap: string; tests: TestResult[] }> {
    const { context } = this.#parts
    const realm = await requireRealm(context.db, caller, reference)
    const { deployment } = realm
    if (deployment === null) throw new PlatformError('NOT_FOUND', `Nothing is deployed in ${realm.name} yet`)
    const wanted = await this.#wanted(deployment, input.names)
    const entry = { caller, action: 'tests.run', target: realm.id, details: { copy: input.copy } }
    await change(context, entry, async () => undefined)
    const tests = wanted.length === 0 ? [] : await this.#results(realm, deployment, wanted, input.copy)
    return { ok: tests.every((test) => test.ok), tap: formatTap(tests), tests }
  }

  async #results(
    realm: RealmRow,
    deployment: string,
    tests: Artifact['tests'],
    copy: boolean,
  ): Promise<TestResult[]> {
    const { invoker, throwaways, demand } = this.#parts
    const ask = (id: string) => invoker.ask({ op: 'test', realm: id, deployment }, { tests }, answer)
    if (copy) return (await throwaways.use(realm, deployment, ask)).map(judge)
    await demand(realm.id)
    return (await ask(realm.id)).map(judge)
  }

  async #wanted(deployment: string, names: string[] | undefined): Promise<Artifact['tests']> {
    const parts: Uint8Array[] = []
    for await (const chunk of await this.#parts.blobs.get(deployment)) parts.push(chunk)
    const { tests } = JSON.parse(Buffer.concat(parts).toString('utf8')) as Artifact
    if (names === undefined) return tests
    const unknown = names.find((name) => !tests.some((test) => test.name === name))
    if (unknown !== undefined) {
      throw new PlatformError(
        'NOT_FOUND',
        `There is no test ${unknown}; there are: ${tests.map((test) => test.name).join(', ')}`,
      )
    }
    return tests.filter((test) => names.includes(test.name))
  }
}

/** A throw, a failed assertion or a wrong plan fails a test. */
function judge({ name, planned, assertions, error }: ProgramResult): TestResult {
  const points = assertions.map(({ ok, name: point, detail }) => ({ ok, name: point, message: detail }))
  const wrongPlan =
    planned !== null && planned !== points.length
      ? `planned ${planned} assertions, but ran ${points.length}`
      : null
  const why = error ? error.stack || error.message : wrongPlan
  return { name, ok: why === null && points.every((point) => point.ok), planned, points, error: why }
}
