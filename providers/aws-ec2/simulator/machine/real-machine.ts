import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import type { Server } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Bridge } from './bridge.ts'
import { endHard } from './processes.ts'
import { runTool } from './run-tool.ts'

export interface RealMachineOptions {
  /** Its folder. */
  disk: string
  bridge: Bridge
  /** Name of its cable's end on the host. */
  cable: string
  privateIp: string
  hostName: string
  metadata: HttpServer
  onConsole(text: string): void
  /** Its first process has ended, whoever ended it; `again`: it asked to be started again. */
  onEnd(how: { again: boolean }): void
}

const BOOT = fileURLToPath(new URL('boot.sh', import.meta.url))
const LISTEN = fileURLToPath(new URL('listen-inside.js', import.meta.url))
const GUEST = fileURLToPath(new URL('../guest', import.meta.url))
/** The guest's first program ends so when it wants to be started again. */
const REBOOT_STATUS = 77

/** A machine that runs: namespaces of its own, which end with its first process, and that one with the simulator. */
export class RealMachine {
  readonly #options: RealMachineOptions
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #listener: Server | null = null

  private constructor(options: RealMachineOptions) {
    this.#options = options
    this.#child = spawn(
      'setpriv',
      [
        ...['--pdeathsig', 'KILL', 'unshare', '--mount', '--uts', '--ipc', '--net', '--pid'],
        ...['--fork', '--kill-child=KILL', '/bin/sh', BOOT],
      ],
      { stdio: ['pipe', 'pipe', 'pipe'], env: environment(options), cwd: '/' },
    )
    this.#ended = once(this.#child, 'close')
    this.#child.stdin?.on('error', () => undefined)
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8')
      stream?.on('data', (text: string) => options.onConsole(text))
    }
  }

  static async start(options: RealMachineOptions): Promise<RealMachine> {
    const machine = new RealMachine(options)
    try {
      await machine.#connect()
    } catch (thrown) {
      await machine.end()
      throw thrown
    }
    machine.#ended.then(() => {
      machine.#listener?.close()
      options.onEnd({ again: machine.#child.exitCode === REBOOT_STATUS })
    })
    return machine
  }

  /** Plugs its network in, opens its metadata service, and lets it go on. */
  async #connect(): Promise<void> {
    const { cable, bridge, privateIp } = this.#options
    await this.#said('@ready\n')
    const pid = String(this.#child.pid)
    await runTool('ip', 'link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pid)
    await runTool('ip', 'link', 'set', cable, 'master', bridge.device, 'up')
    // All VPCs are on one bridge, of which the host has an address in the default one's range.
    await runTool('ip', 'route', 'replace', `${privateIp}/32`, 'dev', bridge.device, 'src', bridge.gateway)
    this.#listener = await listenInside(pid)
    this.#listener.on('connection', (socket) => this.#options.metadata.emit('connection', socket))
    this.#child.stdin?.write('go\n')
  }

  async #said(word: string): Promise<void> {
    let text = ''
    const { stdout } = this.#child
    const heard = new Promise<void>((resolve) => {
      const listen = (chunk: string) => {
        text += chunk
        if (!text.includes(word)) return
        stdout?.off('data', listen)
        resolve()
      }
      stdout?.on('data', listen)
    })
    const ended = this.#ended.then(() => {
      throw new Error(`it ended before it was up: ${text}`)
    })
    await Promise.race([heard, ended])
    ended.catch(() => undefined)
  }

  /** Whether packets reach it. */
  async setReachable(reachable: boolean): Promise<void> {
    await runTool('ip', 'link', 'set', this.#options.cable, reachable ? 'up' : 'down')
  }

  /** Lets what runs in it end in order, as by the power button; pulls the plug when that takes longer than it may. */
  async shutDown(graceMs: number): Promise<void> {
    this.#child.stdin?.write('power\n')
    const late = setTimeout(() => void this.end(), graceMs)
    await this.#ended
    clearTimeout(late)
  }

  /** Ends all that runs in it at once; resolves when it is gone. */
  async end(): Promise<void> {
    this.#listener?.close()
    const { pid } = this.#child
    if (pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) endHard(pid)
    await this.#ended
  }
}

function environment({ disk, bridge, privateIp, hostName }: RealMachineOptions): Record<string, string> {
  const bits = bridge.cidr.split('/')[1]
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    DISK: disk,
    GUEST,
    NODE: process.execPath,
    ADDRESS: `${privateIp}/${bits}`,
    GATEWAY: bridge.gateway,
    HOST_NAME: hostName,
  }
}

async function listenInside(pid: string): Promise<Server> {
  const child = spawn('nsenter', [`--net=/proc/${pid}/ns/net`, process.execPath, LISTEN], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('message', (_message, server) => resolve(server as Server))
    child.on('error', reject)
    // Unlike `exit`, it comes after the last message: one that came later would be a server that nobody closes.
    child.on('disconnect', () => reject(new Error(`the metadata service cannot listen: ${said}`)))
  })
}
