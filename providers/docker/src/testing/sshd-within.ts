import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const run = promisify(execFile)
const PORT = 2222

/** What `docker system dial-stdio` does, where there is an engine and no such program. */
const DIAL = `const [socket] = process.argv.slice(2)
if (process.env.SSH_ORIGINAL_COMMAND !== 'docker system dial-stdio') throw new Error('not what is offered here')
const inner = require('node:net').connect(socket)
process.stdin.pipe(inner).pipe(process.stdout)`

/** A real sshd in a network of its own that lets one key in, and gives it nothing but the socket of an engine. */
export class SshdWithin {
  /** Of an adapter's configuration. */
  readonly connection: Record<string, unknown>
  readonly #end: () => Promise<void>

  private constructor(connection: Record<string, unknown>, end: () => Promise<void>) {
    this.connection = connection
    this.#end = end
  }

  /** Its files go into the folder. Resolves when it listens. */
  static async start(
    within: readonly string[],
    host: string,
    folder: string,
    socket: string,
  ): Promise<SshdWithin> {
    const at = (name: string) => join(folder, name)
    for (const name of ['sshd-host', 'sshd-user'])
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)])
    await writeFile(at('sshd-allowed'), await readFile(at('sshd-user.pub')), { mode: 0o600 })
    await writeFile(at('dial.cjs'), DIAL)
    const command = `${process.execPath} ${at('dial.cjs')} ${socket}`
    await writeFile(at('sshd-config'), configOf(at, host, command))
    // As root, sshd wants this folder of the system's.
    if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
    const [program = '', ...args] = [...within, '/usr/sbin/sshd', '-D', '-e', '-f', at('sshd-config')]
    const sshd = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    const ended = once(sshd, 'exit')
    await listens(sshd.stderr, ended)
    const { stdout } = await run('ssh-keygen', ['-lf', at('sshd-host.pub')])
    const ssh = { user: userInfo().username, keyFile: at('sshd-user'), hostKey: stdout.split(' ')[1] }
    return new SshdWithin({ host, port: PORT, ssh }, async () => {
      sshd.kill('SIGTERM')
      await ended
    })
  }

  close(): Promise<void> {
    return this.#end()
  }
}

const configOf = (at: (name: string) => string, host: string, command: string) => `ListenAddress ${host}
Port ${PORT}
HostKey ${at('sshd-host')}
AuthorizedKeysFile ${at('sshd-allowed')}
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
PidFile none
MaxStartups 100
ForceCommand ${command}
`

async function listens(stderr: NodeJS.ReadableStream, ended: Promise<unknown[]>): Promise<void> {
  const said: string[] = []
  const listening = new Promise<void>((resolve) => {
    createInterface({ input: stderr }).on('line', (line) => {
      said.push(line)
      if (line.includes('Server listening')) resolve()
    })
  })
  const failed = ended.then(() => {
    throw new Error(`sshd (Debian: openssh-server) does not listen: ${said.join('\n')}`)
  })
  failed.catch(() => undefined)
  await Promise.race([listening, failed])
}
