/**
 * The machine that the conformance kit runs in place of an agent: any Node from 18 on, no imports but Node's own, one file, so that it can be copied
 * into an image or onto a host. Environment: PROBE is printed, STUBBORN makes it deaf to SIGTERM, REPORT makes it print what it finds,
 * LOOK_FOR whether it finds that path, EXIT ends it at once with that status.
 */
import { existsSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'

/** Should its test be killed, it ends by itself. */
const LONGEST_MS = 600_000

process.on('SIGTERM', () => {
  if (process.env.STUBBORN !== undefined) return
  process.stdout.write('bye\n', () => process.exit(0))
})
setTimeout(() => process.exit(9), LONGEST_MS)
if (process.env.EXIT !== undefined) process.exit(Number(process.env.EXIT))
if (process.env.REPORT !== undefined) process.stdout.write(`facts ${JSON.stringify(facts())}\nfacts end\n`)
if (process.env.LOOK_FOR !== undefined) {
  const { LOOK_FOR: path } = process.env
  process.stdout.write(`${existsSync(path) ? 'found' : 'missing'} ${path}\n`)
}
process.stdout.write(`hello ${process.env.PROBE ?? ''}\n`)

function facts() {
  const status = readOrNull('/proc/self/status') ?? ''
  const field = (name) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? null
  const stat = readOrNull('/proc/self/stat')
  return {
    pidNamespace: linkOrNull('/proc/self/ns/pid'),
    bootId: readOrNull('/proc/sys/kernel/random/boot_id')?.trim() ?? null,
    ownProcessGroup:
      stat === null ? null : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]) === process.pid,
    uid: process.getuid?.() ?? null,
    noNewPrivileges: field('NoNewPrivs') === null ? null : field('NoNewPrivs') === '1',
    capabilities: field('CapEff'),
    memoryLimited: memoryLimited(),
    canWriteFiles: canWrite('/'),
    addresses: Object.values(networkInterfaces()).flatMap((list = []) =>
      list.filter(({ internal }) => !internal).map(({ address }) => address),
    ),
  }
}

function memoryLimited() {
  const limit =
    readOrNull('/sys/fs/cgroup/memory.max') ?? readOrNull('/sys/fs/cgroup/memory/memory.limit_in_bytes')
  // The old kind of control group says "none" with a number near 2^63.
  return limit === null ? null : limit.trim() !== 'max' && Number(limit) < 2 ** 60
}

function canWrite(folder) {
  const path = `${folder.replace(/\/$/, '')}/zimki-probe-${process.pid}`
  try {
    writeFileSync(path, '', { flag: 'wx' })
    rmSync(path)
    return true
  } catch (thrown) {
    return thrown.code === 'EEXIST'
  }
}

function readOrNull(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    return thrown.code === 'ENOENT' || thrown.code === 'EACCES' ? null : `${thrown}`
  }
}

function linkOrNull(path) {
  try {
    return readlinkSync(path)
  } catch (thrown) {
    return thrown.code ? null : `${thrown}`
  }
}
