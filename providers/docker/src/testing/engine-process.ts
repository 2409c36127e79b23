import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { tarFiles } from '@openzimki/provider/bundle'
import { openEngine } from '../connection/open-engine.ts'
import { importRoot } from '../image/build-image.ts'
import { IMAGE_NODE } from '../image/machine-image.ts'
import { systemFiles } from '../image/system-files.ts'
import { statusAs } from '../map-error.ts'
import { TEST_IMAGE } from './test-engine.ts'

const run = promisify(execFile)
const START_MS = 20_000
const MOST_STARTS = 5
/** What an engine said last may be heard after its end; a process that it left behind may keep its output open for ever. */
const LAST_WORDS_MS = 2_000

export interface EngineProcessOptions {
  /** Before `dockerd`, such as `ip netns exec NAME`. */
  within?: readonly string[]
  flags?: readonly string[]
  /** A disk of its own for its data, of this size. */
  diskMb?: number
}

/** A Docker engine of the test's own: its socket, data and networks are in a folder that `close` removes. */
export class EngineProcess {
  readonly folder: string
  readonly socket: string
  readonly #options: EngineProcessOptions
  #child: ChildProcess | null = null

  private constructor(folder: string, options: EngineProcessOptions) {
    this.folder = folder
    this.socket = join(folder, 'docker.sock')
    this.#options = options
  }

  static async start(options: EngineProcessOptions = {}): Promise<EngineProcess> {
    const engine = new EngineProcess(await mkdtemp(join(tmpdir(), 'engine-')), options)
    if (options.diskMb) {
      await mkdir(engine.disk)
      await run('mount', ['-t', 'tmpfs', '-o', `size=${options.diskMb}m`, 'zimki-test', engine.disk])
    }
    try {
      await engine.up()
      return engine
    } catch (error) {
      // It may only have been slow, and would stay for ever.
      await engine.close()
      throw error
    }
  }

  /** Where its data are. */
  get disk(): string {
    return join(this.folder, 'data')
  }

  /** Engines that start in the same moment make and clear the same chains of iptables, and end where one finds what it did not expect. */
  async up(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#begin()
      } catch (error) {
        if (attempt === MOST_STARTS || !/iptables failed/.test(String(error))) throw error
      }
    }
  }

  async #begin(): Promise<void> {
    const { within = [], flags = [] } = this.#options
    const at = (name: string) => join(this.folder, name)
    const [program = '', ...args] = [
      ...within,
      'dockerd',
      ...['--host', `unix://${this.socket}`, '--data-root', at('data'), '--exec-root', at('exec')],
      ...['--pidfile', at('pid'), '--bridge', 'none', '--log-level', 'error'],
      ...flags,
    ]
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    let said = ''
    child.stderr?.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-4_000)
    })
    const closed = new Promise((resolve) => child.once('close', resolve))
    const ended = once(child, 'exit').then(async ([code]) => {
      await Promise.race([closed, delay(LAST_WORDS_MS, undefined, { ref: false })])
      throw new Error(`dockerd ended with ${code}: ${said}`)
    })
    ended.catch(() => undefined)
    await Promise.race([this.#answers(), ended])
  }

  async #answers(): Promise<void> {
    const { docker, close } = openEngine({ socket: this.socket })
    const untilMs = performance.now() + START_MS
    for (;;) {
      const failure = await docker.ping().then(
        () => null,
        (error: unknown) => ({ error }),
      )
      if (!failure) break
      if (performance.now() > untilMs) throw failure.error
      await delay(50)
    }
    close()
  }

  /** Its machines end with it. */
  async down(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const pid = Number(await readFile(join(this.folder, 'pid'), 'utf8').catch(() => child.pid))
    const gone = once(child, 'exit')
    process.kill(pid, 'SIGTERM')
    await gone
  }

  /** What a killed engine leaves running: whatever was started with a path in this folder. */
  async #endAll(): Promise<void> {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      if (!command.includes(`${this.folder}/`)) continue
      const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
      for (const one of [...children.trim().split(' ').filter(Boolean), pid]) endHard(Number(one))
    }
  }

  /** The network namespaces of its containers, and its disk: what an engine that was cut short leaves. */
  async #unmountAll(): Promise<void> {
    const mounts = (await readFile('/proc/self/mounts', 'utf8'))
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '')
    for (const path of mounts.filter((one) => one.startsWith(`${this.folder}/`)).reverse())
      await run('umount', ['-l', path])
  }

  /** As when its host loses power. */
  async kill(): Promise<void> {
    const child = this.#child
    if (!child) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  async close(): Promise<void> {
    await this.down()
    await this.#endAll()
    await this.#unmountAll()
    await rm(this.folder, { recursive: true, force: true })
  }
}

function endHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown
  }
}

/** The engine that the environment names, or one of the test's own; with the image that test machines run. */
export async function testEngine(): Promise<{ socket: string; close(): Promise<void> }> {
  const given = process.env.OPENZIMKI_DOCKER_HOST?.replace(/^unix:\/\//, '')
  const engine = given ? { socket: given, close: async () => undefined } : await EngineProcess.start()
  await ensureTestImage(engine.socket)
  return engine
}

/** Node and its libraries, nothing else. */
export async function ensureTestImage(socket: string): Promise<void> {
  const { docker, close } = openEngine({ socket })
  if (!(await statusAs(docker.getImage(TEST_IMAGE).inspect(), [404], null))) {
    const node = {
      path: IMAGE_NODE.slice(1),
      kind: 'file',
      source: process.execPath,
      executable: true,
    } as const
    const root = tarFiles([...(await systemFiles([process.execPath])), node])
    await importRoot(docker, root, TEST_IMAGE, ['WORKDIR /'], { note: () => undefined })
  }
  close()
}
