import { constants, openSync, rmSync } from 'node:fs'
import { createServer, Socket } from 'node:net'
import { CloudInit } from './cloud-init.ts'
import { SOCKET } from './command-socket.ts'
import { Journal, journalFile } from './journal.ts'
import { type Order, type Reply, Units } from './units.ts'

// The first program of an instance after the kernel, in place of systemd and cloud-init: starts enabled units, runs user data on the first boot,
// and obeys `systemctl` and the like.

const STATUS = { off: 0, again: 77 }
const MOST_ORDER = 65_536

const say = (text: string): void => void process.stdout.write(text)
const journal = new Journal()
const units = new Units({ journal, onEndAction: (action) => void power(action) })
const cloudInit = new CloudInit(say)
let ending = false

async function end(status: number, word: string): Promise<void> {
  if (ending) return
  ending = true
  say(`systemd[1]: ${word}.\n`)
  await units.stopAll()
  process.exit(status)
}

function power(verb: string): Promise<void> {
  return verb === 'reboot' ? end(STATUS.again, 'Rebooting') : end(STATUS.off, 'Powering off')
}

async function obey(order: Order): Promise<Reply> {
  const { verb } = order
  if (['poweroff', 'halt', 'shutdown', 'reboot'].includes(verb)) {
    setImmediate(() => void power(verb))
    return { status: 0, text: '' }
  }
  if (verb === 'cloud-init-status') return { status: 0, text: cloudInit.status }
  if (verb === 'journal-file') return { status: 0, text: journalFile(order.names[0] ?? 'systemd') }
  return units.obey(order)
}

function serve(socket: Socket): void {
  let text = ''
  socket.setEncoding('utf8')
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: string) => {
    text += chunk
    if (text.length > MOST_ORDER) socket.destroy()
    else if (text.endsWith('\n'))
      void obey(JSON.parse(text) as Order).then((reply) => socket.end(JSON.stringify(reply)))
  })
}

async function listen(): Promise<void> {
  rmSync(SOCKET, { force: true })
  const server = createServer({ allowHalfOpen: true }, serve)
  await new Promise<void>((resolve) => server.listen(SOCKET, resolve))
}

function copyConsole(): void {
  const fd = openSync('/dev/console', constants.O_RDWR | constants.O_NONBLOCK)
  const console = new Socket({ fd, readable: true, writable: false })
  console.setEncoding('utf8')
  console.on('data', say)
}

/** The host presses the power button by a line on standard input. */
function heedPowerButton(): void {
  process.stdin.on('data', () => void power('poweroff'))
}

say('[    0.000000] Linux version 6.12 (simulated)\n')
copyConsole()
heedPowerButton()
await listen()
say('systemd[1]: Startup finished.\n')
await units.startEnabled()
await cloudInit.run()
