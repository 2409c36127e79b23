import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

const START_MS = 20_000

/** A server of the test's own. */
export class ServerProcess {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /** Resolves with what `ready` found in what it printed. */
  static async start(
    command: readonly string[],
    env: Record<string, string>,
    ready: RegExp,
  ): Promise<{ process: ServerProcess; found: RegExpExecArray }> {
    const [program = '', ...args] = command
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    const found = await new Promise<RegExpExecArray>((resolve, reject) => {
      let said = ''
      const listen = (chunk: Buffer): void => {
        said = `${said}${chunk}`.slice(-4_000)
        const match = ready.exec(said)
        if (!match) return
        clearTimeout(patience)
        resolve(match)
      }
      child.stdout?.on('data', listen)
      child.stderr?.on('data', listen)
      const fail = (why: string): void => {
        child.kill('SIGKILL')
        reject(new Error(`${program} ${why}: ${said}`))
      }
      const patience = setTimeout(fail, START_MS, 'is not ready')
      child.once('error', reject)
      child.once('exit', (code) => fail(`ended with ${code}`))
    })
    return { process: new ServerProcess(child), found }
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}
