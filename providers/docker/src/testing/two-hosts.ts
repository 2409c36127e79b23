import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Two hosts as engines see them: network namespaces with a cable between them, which can be cut. */
export class TwoHosts {
  readonly addresses = ['10.213.77.1', '10.213.77.2'] as const
  readonly #names: readonly [string, string]

  private constructor(tag: string) {
    this.#names = [`zk${tag}a`, `zk${tag}b`]
  }

  static async make(): Promise<TwoHosts> {
    const hosts = new TwoHosts(randomBytes(3).toString('hex'))
    const [a, b] = hosts.#names
    for (const name of hosts.#names) await run('ip', ['netns', 'add', name])
    await run('ip', ['link', 'add', a, 'netns', a, 'type', 'veth', 'peer', 'name', b, 'netns', b])
    for (const [index, name] of hosts.#names.entries()) {
      await hosts.#inside(name, 'addr', 'add', `${hosts.addresses[index]}/24`, 'dev', name)
      await hosts.#inside(name, 'link', 'set', 'lo', 'up')
      await hosts.#inside(name, 'link', 'set', name, 'up')
    }
    return hosts
  }

  /** Put before a program to run it on one of them. Only the network is changed: `ip netns exec` would hide the control groups. */
  within(index: 0 | 1): string[] {
    return ['nsenter', `--net=/run/netns/${this.#names[index]}`]
  }

  async cut(): Promise<void> {
    await this.#inside(this.#names[0], 'link', 'set', this.#names[0], 'down')
  }

  async mend(): Promise<void> {
    await this.#inside(this.#names[0], 'link', 'set', this.#names[0], 'up')
  }

  async close(): Promise<void> {
    for (const name of this.#names) await run('ip', ['netns', 'del', name])
  }

  async #inside(name: string, ...args: string[]): Promise<void> {
    await run('ip', ['-n', name, ...args])
  }
}
