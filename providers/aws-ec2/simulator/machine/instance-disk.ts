import { chmod, mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runTool } from './run-tool.ts'

/** Programs of the host that a fresh machine has not got. */
const ABSENT = ['node', 'npm', 'npx', 'dockerd', 'docker']
/** What the guest has instead of systemd. Each is called by its own name. */
const STAND_INS = [
  'systemctl',
  'journalctl',
  'shutdown',
  'poweroff',
  'reboot',
  'halt',
  'cloud-init',
  'hostnamectl',
]
const RUN = '/run/ec2-guest/node --disable-warning=ExperimentalWarning /usr/lib/ec2-guest'

/** Makes the folder of an instance's own files, unless it is there from before a stop. */
export async function makeDisk(path: string): Promise<void> {
  if (await stat(join(path, 'own')).catch(() => null)) return
  for (const name of ['upper', 'work', 'root', 'own']) await mkdir(join(path, name), { recursive: true })
  const upper = (name: string) => join(path, 'upper', name)
  await mkdir(upper('usr/bin'), { recursive: true })
  await mkdir(upper('usr/sbin'), { recursive: true })
  // An overlay's way to say that a name is not there.
  for (const name of ABSENT) await runTool('mknod', upper(`usr/bin/${name}`), 'c', '0', '0')
  for (const name of STAND_INS) await writeProgram(upper(`usr/bin/${name}`), name)
  for (const name of ['shutdown', 'poweroff', 'reboot', 'halt'])
    await writeProgram(upper(`usr/sbin/${name}`), name)
}

async function writeProgram(path: string, name: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `#!/bin/sh\nexec ${RUN}/command.ts ${name} "$@"\n`)
  await chmod(path, 0o755)
}
