import { execFile, spawn } from 'node:child_process'
import { glob, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, connect as dial } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const START_MS = 10_000

/** A real sshd on the loopback with keys of its own. */
export interface TestSshd {
  /** All that it has; removed by close. */
  folder: string
  /** A key that it does not let in. */
  strangersKeyFile: string
  /** A host of the configuration, with a zone of that name and a folder of its own. */
  host(zone: string): Record<string, unknown>
  /** Paths in its folder with this name, and in the home of the user. */
  find(name: string): Promise<string[]>
  /** What the folders of its hosts have of an owner. */
  machinesOf(owner: string): Promise<string[]>
  close(): Promise<void>
}

export async function startSshd(): Promise<TestSshd> {
  const folder = await mkdtemp(join(tmpdir(), 'zimki-sshd-'))
  const at = (name: string) => join(folder, name)
  for (const name of ['host', 'user', 'stranger']) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)])
  }
  await writeFile(at('allowed'), await readFile(at('user.pub')), { mode: 0o600 })
  const { stdout } = await run('ssh-keygen', ['-lf', at('host.pub')])
  const hostKey = stdout.split(' ')[1]
  const port = await freePort()
  await writeFile(at('config'), configOf(folder, port))
  // As root, sshd wants this folder of the system's.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
  const sshd = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', at('config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  sshd.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000)
  })
  const ended = new Promise<void>((resolve) =>
    sshd.once('error', () => resolve()).once('close', () => resolve()),
  )
  const close = async () => {
    sshd.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await answers(port, () => sshd.exitCode !== null || sshd.pid === undefined)
  } catch (thrown) {
    await close()
    throw new Error(`sshd (Debian: openssh-server) does not answer: ${said}`, { cause: thrown })
  }
  const common = { host: '127.0.0.1', port, user: userInfo().username, keyFile: at('user'), hostKey }
  return {
    folder,
    strangersKeyFile: at('stranger'),
    host: (zone) => ({ ...common, zone, folder: at(`machines/${zone}`), maxMachines: 40 }),
    find: async (name) => {
      const places = [folder, userInfo().homedir]
      const found = places.map((place) => run('find', [place, '-maxdepth', '3', '-name', name]))
      return (await Promise.all(found)).flatMap((one) => one.stdout.split('\n').filter((line) => line !== ''))
    },
    machinesOf: async (owner) => Array.fromAsync(glob(join(folder, 'machines', '*', owner, '*'))),
    close,
  }
}

/** SHLVL keeps bash from reading the user’s .bashrc before each command, as it does for sshd. */
const configOf = (folder: string, port: number) => `ListenAddress 127.0.0.1
Port ${port}
HostKey ${folder}/host
AuthorizedKeysFile ${folder}/allowed
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
PidFile none
MaxStartups 100
SetEnv SHLVL=2
`

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function answers(port: number, hasEnded: () => boolean): Promise<void> {
  const endMs = performance.now() + START_MS
  for (;;) {
    if (hasEnded()) throw new Error('it ended')
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = dial(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('close', () => socket.destroy())
      socket.once('connect', () => socket.destroy())
    })
    if (isThere) return
    if (performance.now() > endMs) throw new Error(`nothing listens on port ${port}`)
    await delay(20)
  }
}
