import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PlatformOnS3 } from '../../providers/aws-s3/src/testing/platform-on-s3.ts'
import { type Cloud, writePools } from './cloud.ts'
import { ask, Traffic } from './traffic.ts'
import { until } from './until.ts'
import { askColdAndWarm, MOST_ROUNDS } from './warm-pool.ts'

export interface ScenarioOptions {
  machines: number
  say(line: string): void
  /** Aborted: the platforms are ended, and it rejects. */
  signal: AbortSignal
}

interface Machine {
  id: string
  state: string
  realms: number
}

const SERVICE = fileURLToPath(new URL('../../examples/service', import.meta.url))
const REALMS = ['one', 'two']
const PROMISED_DRAIN_MS = 60_000
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`

/** From a platform that starts to an account that is empty again; what was not as promised. */
export async function runScenario(
  cloud: Cloud,
  { machines, say, signal }: ScenarioOptions,
): Promise<string[]> {
  const complaints: string[] = []
  const answers = await firstAnswers(cloud, signal)
  say(`launched to first answer: ${answers.map(seconds).join(', ')}`)
  const bestMs = Math.min(...answers)
  if (cloud.promisedAnswerMs !== null && bestMs > cloud.promisedAnswerMs)
    complaints.push(`the first answer took ${seconds(bestMs)}`)
  if (cloud.promisedAnswerMs !== null) complaints.push(...(await askColdAndWarm(cloud, say)))
  await withPlatform(cloud, { name: 'platform', machines, signal }, async (platform, address) => {
    const fleet = new Fleet(cloud, platform)
    const urls = await deploy(cloud, platform, address)
    await fleet.whole(machines)
    const blobs = await cloud.countBlobs()
    say(`serves ${urls.length} realms, ${blobs} blobs in S3`)
    if (blobs === 0) complaints.push('no blob is in S3')
    complaints.push(...(await killHalf(cloud, fleet, urls, machines, say)))
    complaints.push(...(await interruptOne(cloud, fleet, urls, machines, say)))
  })
  return [...complaints, ...(await cloud.takeDown(say))]
}

interface PlatformOptions {
  name: string
  machines: number
  signal: AbortSignal
}

/** Ends it in any case, and at once when it is told to. */
async function withPlatform<T>(
  cloud: Cloud,
  { name, machines, signal }: PlatformOptions,
  use: (platform: PlatformOnS3, address: string) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const { platform, address } = await up(cloud, name, machines)
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    return await Promise.race([use(platform, address), aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
    await platform.close()
  }
}

async function up(cloud: Cloud, name: string, machines: number) {
  const door = ['--agents-address', cloud.agentsAddress]
  const pools = ['--pools', await writePools(cloud, machines)]
  const data = join(cloud.folder, name, '.zimki')
  const platform = await PlatformOnS3.up(data, '--blobs', cloud.blobsOf(name), ...pools, ...door)
  return { platform, address: `http://127.0.0.1:${new URL(platform.url).port}` }
}

/** Each of another platform; a host that has other things to do is asked again, and no more often. */
async function firstAnswers(cloud: Cloud, signal: AbortSignal): Promise<number[]> {
  const { promisedAnswerMs } = cloud
  const answers: number[] = []
  const isLate = () => promisedAnswerMs !== null && Math.min(...answers) > promisedAnswerMs
  do answers.push(await firstAnswer(cloud, `first-${answers.length + 1}`, signal))
  while (answers.length < MOST_ROUNDS && isLate())
  return answers
}

/** Of a platform with one machine, since machines that boot at once share the processors of this host: from its launch on. */
async function firstAnswer(cloud: Cloud, name: string, signal: AbortSignal): Promise<number> {
  const before = new Set((await cloud.instances()).map(({ id }) => id))
  return withPlatform(cloud, { name, machines: 1, signal }, async (_platform, address) => {
    const url = `${address}/u/welcome/`
    await until('a first answer', cloud.patienceMs, async () => (await ask(url)) === null)
    const machine = (await cloud.instances()).find(({ id }) => !before.has(id))
    return Date.now() - (machine?.launchedMs ?? 0)
  })
}

async function deploy(cloud: Cloud, platform: PlatformOnS3, address: string): Promise<string[]> {
  for (const realm of REALMS) await platform.zimki('deploy', SERVICE, '--realm', realm, '--json')
  const urls = REALMS.map((realm) => `${address}/u/${realm}/`)
  for (const url of urls) await until(url, cloud.patienceMs, async () => (await ask(url)) === null)
  return urls
}

/** The machines as platform and cloud know them. */
class Fleet {
  readonly #cloud: Cloud
  readonly #platform: PlatformOnS3

  constructor(cloud: Cloud, platform: PlatformOnS3) {
    this.#cloud = cloud
    this.#platform = platform
  }

  async machines(): Promise<Machine[]> {
    return (JSON.parse(await this.#platform.zimki('fleet', '--json')) as { items: Machine[] }).items
  }

  /** Resolves when so many are ready. */
  whole(count: number): Promise<boolean> {
    return until(`${count} machines that are ready`, this.#cloud.patienceMs, async () => {
      const ready = (await this.machines()).filter(({ state }) => state === 'ready')
      const running = await this.#running()
      return ready.length >= count && ready.every(({ id }) => running.has(id))
    }) as Promise<boolean>
  }

  /** The running instances, by the machine that each is. */
  async #running(): Promise<Map<string, string>> {
    const all = await this.#cloud.instances()
    return new Map(all.filter(({ running }) => running).map(({ machine, id }) => [machine, id]))
  }

  async runs(machine: string): Promise<boolean> {
    return (await this.#running()).has(machine)
  }

  /** Of those that run, beside which others may be about to: those with realms first. */
  async busiest(count: number): Promise<{ machine: string; instance: string; realms: number }[]> {
    const running = await this.#running()
    const found = (await this.machines()).flatMap(({ id, realms }) => {
      const instance = running.get(id)
      return instance === undefined ? [] : [{ machine: id, instance, realms }]
    })
    return found.toSorted((a, b) => b.realms - a.realms).slice(0, count)
  }
}

type Say = ScenarioOptions['say']

async function killHalf(cloud: Cloud, fleet: Fleet, urls: string[], machines: number, say: Say) {
  const victims = await fleet.busiest(Math.ceil(machines / 2))
  if (!victims.some(({ realms }) => realms > 0)) return ['no realm was on a machine to be killed']
  const traffic = new Traffic(urls)
  const startMs = performance.now()
  await cloud.terminate(victims.map(({ instance }) => instance))
  for (const url of urls) await until(`${url} again`, cloud.patienceMs, async () => (await ask(url)) === null)
  const answerMs = performance.now() - startMs
  await fleet.whole(machines)
  const wholeMs = performance.now() - startMs
  await traffic.stop()
  const lost = traffic.failures.length
  say(
    `killed ${victims.length} of ${machines}: all realms answer after ${seconds(answerMs)}, replaced after ${seconds(wholeMs)}`,
  )
  say(
    `  of ${traffic.sent} requests, ${lost} were lost with them${lost > 0 ? `: ${traffic.failures[0]}` : ''}`,
  )
  const after = await Promise.all(urls.map(ask))
  return after.flatMap((failure) => (failure === null ? [] : [`after half were replaced: ${failure}`]))
}

async function interruptOne(cloud: Cloud, fleet: Fleet, urls: string[], machines: number, say: Say) {
  if (!cloud.interrupt) {
    say('no machine is interrupted: EC2 takes none back because it is asked to')
    return []
  }
  const [victim] = await fleet.busiest(1)
  if (!victim?.realms) return ['there was no machine with realms to interrupt']
  const traffic = new Traffic(urls)
  const startMs = performance.now()
  cloud.interrupt(victim.instance)
  await until('the machine is let go', cloud.patienceMs, async () => !(await fleet.runs(victim.machine)))
  const drainMs = performance.now() - startMs
  await fleet.whole(machines)
  await traffic.stop()
  const { failures, sent } = traffic
  say(`interruption notice to drained: ${seconds(drainMs)}; ${failures.length} of ${sent} requests failed`)
  return [
    ...(drainMs > PROMISED_DRAIN_MS ? [`draining took ${seconds(drainMs)}`] : []),
    ...failures.map((failure) => `failed while draining: ${failure}`),
  ]
}
