import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PlatformOnS3 } from '../../providers/aws-s3/src/testing/platform-on-s3.ts'
import { type Cloud, writePools } from './cloud.ts'
import { ask, Traffic } from './traffic.ts'
import { until } from './until.ts'
import { askColdAndWarm } from './warm-pool.ts'

export interface ScenarioOptions {
  machines: number
  say(line: string): void
}

interface Machine {
  id: string
  state: string
  realms: number
}

const SERVICE = fileURLToPath(new URL('../../examples/service', import.meta.url))
const REALMS = ['one', 'two']
const PROMISED_ANSWER_MS = 10_000
const PROMISED_DRAIN_MS = 60_000
const PATIENCE_MS = 90_000
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`

/** From a platform that starts to an account that is empty again; what was not as promised. */
export async function runScenario(cloud: Cloud, { machines, say }: ScenarioOptions): Promise<string[]> {
  const complaints: string[] = []
  const answerMs = await firstAnswer(cloud)
  say(`launched to first answer: ${seconds(answerMs)}`)
  if (answerMs > PROMISED_ANSWER_MS) complaints.push(`the first answer took ${seconds(answerMs)}`)
  complaints.push(...(await askColdAndWarm(cloud, say)))
  const { platform, address } = await up(cloud, 'platform', machines)
  try {
    const fleet = new Fleet(cloud, platform)
    const urls = await deploy(platform, address)
    await fleet.whole(machines)
    say(`serves ${urls.length} realms, ${await cloud.countBlobs()} blobs in S3`)
    if ((await cloud.countBlobs()) === 0) complaints.push('no blob is in S3')
    complaints.push(...(await killHalf(cloud, fleet, urls, machines, say)))
    complaints.push(...(await interruptOne(cloud, fleet, urls, machines, say)))
  } finally {
    await platform.close()
  }
  return [...complaints, ...(await takeDown(cloud, platform, say))]
}

async function up(cloud: Cloud, name: string, machines: number) {
  const door = ['--agents-address', `${cloud.simulator.hostAddress}:0`]
  const pools = ['--pools', await writePools(cloud, machines)]
  const data = join(cloud.folder, name, '.zimki')
  const platform = await PlatformOnS3.up(data, '--blobs', cloud.blobsOf(name), ...pools, ...door)
  return { platform, address: `http://127.0.0.1:${new URL(platform.url).port}` }
}

/** Of a platform with one machine, since machines that boot at once share the processors of this host: from its launch on. */
async function firstAnswer(cloud: Cloud): Promise<number> {
  const { platform, address } = await up(cloud, 'first', 1)
  try {
    const url = `${address}/u/welcome/`
    await until('a first answer', PATIENCE_MS, async () => (await ask(url)) === null)
    const [machine] = cloud.simulator.cloud.instances.every()
    return Date.now() - (machine?.launchedMs ?? 0)
  } finally {
    await platform.close()
  }
}

async function deploy(platform: PlatformOnS3, address: string): Promise<string[]> {
  for (const realm of REALMS) await platform.zimki('deploy', SERVICE, '--realm', realm, '--json')
  const urls = REALMS.map((realm) => `${address}/u/${realm}/`)
  for (const url of urls) await until(url, PATIENCE_MS, async () => (await ask(url)) === null)
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
    return until(`${count} machines that are ready`, PATIENCE_MS, async () => {
      const ready = (await this.machines()).filter(({ state }) => state === 'ready')
      return ready.length >= count && ready.every(({ id }) => this.instanceOf(id) !== null)
    }) as Promise<boolean>
  }

  /** The running instance that is this machine. */
  instanceOf(machine: string): string | null {
    const running = this.#cloud.simulator.cloud.instances.every().filter(({ state }) => state === 'running')
    return running.find(({ tags }) => tags.get('openzimki:machine') === machine)?.id ?? null
  }

  /** Those with realms first. */
  async busiest(count: number): Promise<{ machine: string; instance: string; realms: number }[]> {
    const sorted = (await this.machines()).toSorted((a, b) => b.realms - a.realms)
    return sorted
      .slice(0, count)
      .map(({ id, realms }) => ({ machine: id, realms, instance: this.instanceOf(id) ?? '' }))
  }
}

type Say = ScenarioOptions['say']

async function killHalf(cloud: Cloud, fleet: Fleet, urls: string[], machines: number, say: Say) {
  const victims = await fleet.busiest(Math.ceil(machines / 2))
  if (!victims.some(({ realms }) => realms > 0)) return ['no realm was on a machine to be killed']
  const traffic = new Traffic(urls)
  const startMs = performance.now()
  await cloud.terminate(victims.map(({ instance }) => instance))
  for (const url of urls) await until(`${url} again`, PATIENCE_MS, async () => (await ask(url)) === null)
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
  const [victim] = await fleet.busiest(1)
  if (!victim?.realms) return ['there was no machine with realms to interrupt']
  const traffic = new Traffic(urls)
  const startMs = performance.now()
  cloud.simulator.control.interrupt(victim.instance)
  await until('the machine is let go', PATIENCE_MS, async () => fleet.instanceOf(victim.machine) === null)
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

/** What belongs to all machines (template, security group) is kept for the next start, until it is swept. */
async function takeDown({ simulator, config, folder }: Cloud, platform: PlatformOnS3, say: Say) {
  const owners = new Set(
    simulator.cloud.instances.every().map(({ tags }) => tags.get('openzimki:owner') ?? ''),
  )
  const path = join(folder, 'aws.json')
  await writeFile(path, JSON.stringify(config))
  for (const owner of owners) {
    const sweep = ['sweep', '--config', path, '--owner', owner, '--remove']
    say((await platform.zimki('provider', 'aws-ec2', ...sweep)).trim())
  }
  const left = Object.entries(simulator.control.resources()).filter(([, ids]) => ids.length > 0)
  say(`left behind: ${left.length === 0 ? 'nothing' : JSON.stringify(left)}`)
  return left.map(([kind, ids]) => `left behind: ${kind} ${ids.join(', ')}`)
}
