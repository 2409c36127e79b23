import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { until } from '../until.ts'
import { RehearsedAccount } from './rehearsed-account.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const PATIENCE_MS = 120_000

/** The command as a person runs it. */
class Command {
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  said = ''

  constructor(account: RehearsedAccount, args: readonly string[], say: (line: string) => void) {
    say(`$ npm run e2e:aws -- ${args.join(' ')}`)
    this.#child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
      ...{ stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...account.env } },
    })
    this.#closed = once(this.#child, 'close')
    createInterface({ input: this.#child.stdout as NonNullable<ChildProcess['stdout']> }).on(
      'line',
      (line) => {
        this.said += `${line}\n`
        if (!/ (made|is there)$|^removed |has its rules$/.test(line)) say(`  ${line}`)
      },
    )
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#child.kill(signal)
  }

  /** How it ended: 0, 1, or the signal that killed it. */
  async ended(): Promise<number | string> {
    await this.#closed
    return this.#child.exitCode ?? this.#child.signalCode ?? 'unknown'
  }
}

/** Runs the command for real accounts on one that is none, killed in its midst too. Gives what was not as promised. */
export async function rehearse(say: (line: string) => void): Promise<string[]> {
  const account = await RehearsedAccount.open()
  const complaints: string[] = []
  const check = (isSo: boolean, otherwise: string) => isSo || complaints.push(otherwise)
  const nothingLeft = async (after: string) => {
    const left = await account.left()
    check(left.length === 0, `after ${after} there is ${left.join(', ')}`)
  }
  const where = ['--agents-address', account.agentsAddress, '--bundle-from', account.bundleFrom]
  const real = (budget: string) => new Command(account, ['real', '--budget', budget, ...where], say)
  try {
    const poor = real('0.10')
    check((await poor.ended()) === 1 && /nothing was made/.test(poor.said), 'a small budget is not refused')
    check(
      Object.keys(account.simulator.control.calls.byAction()).length === 0,
      'with a small budget AWS was called',
    )
    await nothingLeft('a budget that is too small')
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const killed = real('2')
      const runs = () => account.simulator.control.resources().instances?.length ?? 0
      await until('a machine that runs', PATIENCE_MS, async () => runs() > 0)
      killed.kill(signal)
      const how = await killed.ended()
      check(how === (signal === 'SIGTERM' ? 1 : signal), `after ${signal} it ended with ${how}`)
      if (signal === 'SIGKILL') await sweepAfter(account, killed.said, say, check)
      await nothingLeft(signal)
    }
    const whole = real('2')
    check((await whole.ended()) === 0, 'the whole run did not end as promised')
    await nothingLeft('the whole run')
    return complaints
  } finally {
    await account.close()
  }
}

async function sweepAfter(
  account: RehearsedAccount,
  said: string,
  say: (line: string) => void,
  check: (isSo: boolean, otherwise: string) => unknown,
): Promise<void> {
  check((await account.left()).length > 5, 'nothing was there to be swept')
  const [name = ''] = /zimki-test-[0-9a-f]{8}/.exec(said) ?? []
  const list = new Command(account, ['sweep'], say)
  check((await list.ended()) === 1 && list.said.includes(name), 'the sweep does not list the killed run')
  const sweep = new Command(account, ['sweep', '--run', name], say)
  check((await sweep.ended()) === 0, 'the sweep failed')
  // The platform of the killed run lives on, may launch nothing, and ends.
  await until(
    'the end of the killed run’s platform',
    PATIENCE_MS,
    async () => (await account.programs()).length === 0,
  )
}
