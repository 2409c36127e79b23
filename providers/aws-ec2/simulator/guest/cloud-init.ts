import { spawn } from 'node:child_process'
import { appendFileSync, chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { applyCloudConfig } from './cloud-config.ts'
import { askMetadata } from './metadata.ts'
import { partsOf } from './user-data.ts'

const HOME = '/var/lib/cloud/instance'
const DONE = `${HOME}/boot-finished`
/** cloud-init's semaphore for what is run once for each instance. */
const BEGUN = `${HOME}/sem/config_scripts_user`
const OUTPUT = '/var/log/cloud-init-output.log'

export type CloudInitStatus = 'running' | 'done' | 'error'

/** Runs the user data of a first boot. A machine that was stopped and started does not run it again. */
export class CloudInit {
  status: CloudInitStatus = 'running'
  readonly #say: (text: string) => void

  constructor(say: (text: string) => void) {
    this.#say = say
  }

  async run(): Promise<void> {
    if (existsSync(BEGUN)) {
      this.status = 'done'
      return
    }
    for (const name of ['scripts', 'sem']) mkdirSync(`${HOME}/${name}`, { recursive: true })
    // Before and not after: a machine that shuts down in the middle of its user data does not run it again either.
    writeFileSync(BEGUN, '')
    const failures = await this.#runParts()
    const took = `${(performance.now() / 1000).toFixed(2)} seconds`
    this.#log(`Cloud-init v. 22.2.2 finished. Datasource DataSourceEc2. Up ${took}\n`)
    writeFileSync(DONE, `${new Date().toISOString()}\n`)
    this.status = failures === 0 ? 'done' : 'error'
  }

  async #runParts(): Promise<number> {
    const parts = partsOf((await askMetadata('user-data')) ?? Buffer.alloc(0))
    let failures = 0
    for (const [index, { kind, text }] of parts.entries()) {
      const name = `part-${String(index + 1).padStart(3, '0')}`
      if (kind === 'script') failures += await this.#script(name, text)
      else if (kind === 'cloud-config') failures += await this.#config(text)
      else this.#log(`Unhandled user data: it begins with neither #! nor #cloud-config\n`)
    }
    return failures
  }

  async #script(name: string, text: string): Promise<number> {
    const path = `${HOME}/scripts/${name}`
    writeFileSync(path, text)
    chmodSync(path, 0o700)
    const code = await this.runProgram(path, [])
    if (code === 0) return 0
    this.#log(`Failed to run module scripts_user: ${path} ended with ${code}\n`)
    return 1
  }

  async #config(text: string): Promise<number> {
    try {
      return await applyCloudConfig(text, (program, args) => this.runProgram(program, args))
    } catch (thrown) {
      this.#log(`Failed to apply cloud-config: ${(thrown as Error).message}\n`)
      return 1
    }
  }

  /** What it writes goes to the console and to the usual file. */
  runProgram(program: string, args: string[]): Promise<number | string> {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', env: environment() })
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (text: string) => this.#log(text))
    }
    return new Promise((resolve) => {
      child.once('error', (error) => {
        this.#log(`${error.message}\n`)
        resolve(error.message)
      })
      child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'))
    })
  }

  #log(text: string): void {
    appendFileSync(OUTPUT, text)
    this.#say(text)
  }
}

const environment = (): Record<string, string> => ({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
})
