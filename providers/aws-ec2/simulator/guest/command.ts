import { existsSync, readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { SOCKET } from './command-socket.ts'
import type { Order, Reply } from './units.ts'

// `systemctl`, `journalctl`, `shutdown` and the like, as far as user data and people need them.

const WAIT_MS = 50

/** Flags of systemctl that take their value as a word of its own. */
const WITH_VALUE = new Set([
  '-p',
  '-n',
  '-u',
  '-o',
  '-t',
  '-s',
  '--lines',
  '--property',
  '--output',
  '--unit',
])

function ask(order: Order): Promise<Reply> {
  const socket = createConnection({ path: SOCKET })
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    text += chunk
  })
  socket.end(`${JSON.stringify(order)}\n`)
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', () =>
      text === '' ? reject(new Error('no answer')) : resolve(JSON.parse(text) as Reply),
    )
  })
}

function split(args: string[]): { words: string[]; flags: string[] } {
  const words: string[] = []
  const flags: string[] = []
  for (let at = 0; at < args.length; at += 1) {
    const one = args[at] ?? ''
    if (!one.startsWith('-')) words.push(one)
    else if (WITH_VALUE.has(one)) {
      flags.push(`${one}=${args[at + 1] ?? ''}`)
      at += 1
    } else flags.push(one)
  }
  return { words, flags }
}

async function systemctl(args: string[]): Promise<number> {
  const { words, flags } = split(args)
  const [verb = 'list-units', ...names] = words
  const reply = await ask({ verb, names, flags })
  const quiet = flags.some((one) => one === '-q' || one === '--quiet')
  const toErrors = reply.status === 1 || reply.status === 5
  const asks = verb.startsWith('is-')
  if (!quiet) (toErrors && !asks ? process.stderr : process.stdout).write(shown(reply.text, verb, flags))
  return reply.status
}

/** `show -p Name` gives that property, and with `--value` no name. */
function shown(text: string, verb: string, flags: string[]): string {
  const asked = flags.flatMap((one) => /^(?:-p|--property)=(.*)$/.exec(one)?.[1]?.split(',') ?? [])
  if (verb !== 'show' || asked.length === 0) return text
  const lines = text.split('\n').filter((line) => asked.includes(line.split('=')[0] ?? ''))
  const bare = flags.includes('--value')
  return lines.map((line) => `${bare ? line.slice(line.indexOf('=') + 1) : line}\n`).join('')
}

async function journalctl(args: string[]): Promise<number> {
  const { flags } = split(args)
  const unit = flags.flatMap((one) => /^(?:-u|--unit)=(.*)$/.exec(one)?.[1] ?? [])[0] ?? 'systemd'
  const lines = Number(flags.flatMap((one) => /^(?:-n|--lines)=(\d+)$/.exec(one)?.[1] ?? [])[0] ?? Number.NaN)
  const name = /\.\w+$/.test(unit) || unit === 'systemd' ? unit : `${unit}.service`
  const { text: path } = await ask({ verb: 'journal-file', names: [name], flags: [] })
  const all = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : ['-- No entries --']
  process.stdout.write(`${all.slice(Number.isNaN(lines) ? 0 : -lines).join('\n')}\n`)
  return 0
}

async function cloudInit(args: string[]): Promise<number> {
  const { words, flags } = split(args)
  if (words[0] !== 'status') {
    process.stderr.write('of cloud-init, only `status` is simulated\n')
    return 1
  }
  for (;;) {
    const { text } = await ask({ verb: 'cloud-init-status', names: [], flags: [] })
    if (text !== 'running' || !flags.some((one) => one === '--wait' || one === '-w')) {
      process.stdout.write(`status: ${text}\n`)
      return text === 'error' ? 1 : 0
    }
    await delay(WAIT_MS)
  }
}

async function power(verb: string): Promise<number> {
  return (await ask({ verb, names: [], flags: [] })).status
}

const COMMANDS: Record<string, (args: string[]) => Promise<number>> = {
  systemctl,
  journalctl,
  'cloud-init': cloudInit,
  shutdown: (args) => power(args.some((one) => one === '-r' || one === '--reboot') ? 'reboot' : 'shutdown'),
  poweroff: () => power('poweroff'),
  halt: () => power('halt'),
  reboot: () => power('reboot'),
  hostnamectl: async () => 0,
}

const [name = '', ...args] = process.argv.slice(2)
process.exitCode = await (COMMANDS[name]?.(args) ?? Promise.resolve(127))
