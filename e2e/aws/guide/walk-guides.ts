import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ListAccessKeysCommand } from '@aws-sdk/client-iam'
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { RehearsedAccount } from '../account/rehearsed-account.ts'
import { ask } from '../traffic.ts'
import { until } from '../until.ts'
import { zimki } from '../zimki.ts'
import { type CodeBlock, codeBlocks } from './code-blocks.ts'
import { Reader } from './reader.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PATIENCE_MS = 120_000
const USER = 'zimki'
/** Where a platform says how it is reached. */
const KNOWN = '.zimki/operator.json'

type Say = (line: string) => void

/** Both ways in of docs/how-to/aws.md and both ways out of docs/how-to/leave-aws.md, as they stand there. Gives what was not as promised. */
export async function walkGuides(say: Say): Promise<string[]> {
  const page = async (name: string) => readFile(join(ROOT, 'docs/how-to', name), 'utf8')
  const [coming, leaving] = [await page('aws.md'), await page('leave-aws.md')]
  const complaints: string[] = []
  const walks = [
    ['From an empty account', 'What `init` made'],
    ['By hand, with a network of your own', 'What was made by hand'],
  ] as const
  for (const [way, back] of walks) {
    say(`# ${way}`)
    const account = await RehearsedAccount.open()
    const folder = await clone()
    const walk = new Walk(account, folder, say)
    try {
      await walk.come(codeBlocks(coming, way))
      say(`# ${back}`)
      await walk.leave(codeBlocks(leaving, back))
      const left = await account.left()
      if (left.length > 0) complaints.push(`after "${back}" there is still ${left.join(', ')}`)
    } finally {
      await walk.end()
      await account.close()
      await rm(folder, { recursive: true, force: true })
    }
  }
  return complaints
}

/** The OpenZimki folder of a reader, whose files are not ours. */
async function clone(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'zimki-guide-'))
  for (const name of await readdir(ROOT))
    if (!name.startsWith('.')) await symlink(join(ROOT, name), join(folder, name))
  return folder
}

/** Where this account is not AWS: `instead` has all of it, beside the endpoints in the environment. */
class Walk {
  readonly #account: RehearsedAccount
  readonly #folder: string
  readonly #reader: Reader
  readonly #instead: [RegExp, string][]
  /** Addresses that the reader was shown, and that answer. */
  #answered = 0

  constructor(account: RehearsedAccount, folder: string, say: Say) {
    this.#account = account
    this.#folder = folder
    this.#instead = [
      [/platform\.example\.org:7443/g, `${account.agentsAddress} --port 0`],
      // Nobody can be asked.
      [/(zimki provider aws (?:init|destroy) .*)$/g, '$1 --yes'],
      // moto takes any checksum.
      [/\?region=us-east-1"/g, '?region=us-east-1&read-back=true"'],
    ]
    this.#reader = new Reader({ folder, env: account.env, instead: this.#instead, say })
  }

  async come(blocks: readonly CodeBlock[]): Promise<void> {
    for (const { language, text } of blocks) {
      if (language === 'json') {
        await writeFile(this.#settings, await this.#filled(text))
        continue
      }
      if (/^npx zimki up /m.test(text)) await this.#openBundle()
      if (/^npx zimki deploy /m.test(text)) await this.#machineIsReady()
      const said = await this.#reader.type(text)
      const [address] = /http:\/\/\S+/.exec(said.split('\n').find((line) => /\/u\//.test(line)) ?? '') ?? []
      if (address) {
        await until(address, PATIENCE_MS, async () => (await ask(address)) === null)
        this.#answered += 1
      }
      if (this.#reader.isServing) await this.#platformIsUp()
    }
    if (this.#answered === 0) throw new Error('nothing was deployed that answers')
  }

  async leave(blocks: readonly CodeBlock[]): Promise<void> {
    const [instance] = this.#account.simulator.cloud.instances.every()
    await this.#reader.endServing()
    const { AccessKeyMetadata: [key] = [] } = await this.#account.clients.iam.send(
      new ListAccessKeysCommand({ UserName: USER }),
    )
    this.#instead.push([/\bKEY\b/g, key?.AccessKeyId ?? ''])
    this.#instead.push([/\bOWNER\b/g, instance?.tags.get('openzimki:owner') ?? ''])
    for (const { text } of blocks) await this.#reader.type(text)
  }

  end(): Promise<void> {
    return this.#reader.endServing()
  }

  get #settings(): string {
    return join(this.#folder, 'aws.json')
  }

  async #platformIsUp(): Promise<void> {
    const known = join(this.#folder, KNOWN)
    await until('a platform', PATIENCE_MS, async () =>
      readFile(known, 'utf8').then(
        () => true,
        () => false,
      ),
    )
  }

  async #machineIsReady(): Promise<void> {
    await until('a machine that is ready', PATIENCE_MS, async () => {
      const { items } = JSON.parse(await zimki(this.#folder, 'fleet', '--json')) as {
        items: { state: string }[]
      }
      return items.some(({ state }) => state === 'ready')
    })
  }

  /** What `bundle` printed, for what the page leaves open. */
  async #filled(text: string): Promise<string> {
    const [, sha256 = ''] = /zimki-agent-([0-9a-f]+)\.tgz/.exec((await readdir(this.#folder)).join(' ')) ?? []
    return text.replace('zimki-agent-....tgz', `zimki-agent-${sha256}.tgz`).replace('"..."', `"${sha256}"`)
  }

  /** Machines fetch from AWS's S3 or from an address; this S3 is an address. */
  async #openBundle(): Promise<void> {
    const settings = JSON.parse(await readFile(this.#settings, 'utf8'))
    const { hostname: Bucket, pathname } = new URL(settings.bundle.url)
    const Resource = `arn:aws:s3:::${Bucket}${pathname}`
    const Statement = [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource }]
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
    await this.#account.clients.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }))
    settings.bundle.url = `${this.#account.bundleFrom}/${Bucket}${pathname}`
    await writeFile(this.#settings, JSON.stringify(settings))
  }
}
