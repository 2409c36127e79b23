import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { PlatformProcess } from './testing/platform-process.ts'

// Skipped elsewhere for one reason: only root may start processes as other users.
const asRoot = process.platform === 'linux' && process.getuid?.() === 0 ? describe : describe.skip

const FIRST = 1_900_000_000
const HELLO = 'zimki.publishPath("/", function () { return "hello" })'

interface Ids {
  uid: number
  gid: number
}

asRoot('a platform that root started', () => {
  let platform: PlatformProcess
  beforeAll(async () => {
    platform = await PlatformProcess.start(['--spare-cells', '2'])
    await platform.deployScript('hello', HELLO)
    while (!(await allListen())) await new Promise((resolve) => setTimeout(resolve, 50))
  }, 60_000)
  afterAll(() => platform.close())

  const idsOf = async (pid: number): Promise<Ids & { groups: string }> => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1] ?? ''
    // Real, effective, saved and file system's: all four are the same.
    const [uid, ...uids] = field('Uid').split('\t').map(Number)
    expect(new Set([uid, ...uids]).size).toBe(1)
    return { uid: uid!, gid: Number(field('Gid').split('\t')[0]), groups: field('Groups').trim() }
  }
  /** What Node says when a user of a cell does this; empty when it goes well. */
  const attempt = async ({ uid, gid }: Ids, code: string): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', code], {
      uid,
      gid,
      cwd: '/',
      env: {},
    })
    return stdout.trim()
  }
  const reading = (path: string) =>
    `try { require('fs').readdirSync(${JSON.stringify(path)}) } catch {
       try { require('fs').readFileSync(${JSON.stringify(path)}) } catch (again) { console.log(again.code) } }`
  const writing = (path: string) =>
    `try { require('fs').accessSync(${JSON.stringify(path)}, require('fs').constants.W_OK) } catch (error) { console.log(error.code) }`
  const connecting = (path: string) =>
    `require('net').connect(${JSON.stringify(path)})
       .on('error', (error) => { console.log(error.code); process.exit() })
       .on('connect', () => process.exit())`
  const runDir = () => join(platform.data, 'run')
  const cells = async () => {
    const pids = await platform.pids('cell')
    return Promise.all(pids.map(async (pid) => ({ pid, ...(await idsOf(pid)) })))
  }
  const socketsOf = async (): Promise<{ path: string; owner: number }[]> => {
    const [machine] = (await readdir(runDir())).filter((name) => name.startsWith('m-'))
    const folder = join(runDir(), machine!, 's')
    const names = await readdir(folder)
    return Promise.all(
      names.map(async (name) => ({
        path: join(folder, name, 'c'),
        owner: (await stat(join(folder, name))).uid,
      })),
    )
  }

  /** Spare cells are started beside whatever else goes on. */
  const allListen = async (): Promise<boolean> => {
    const sockets = await socketsOf()
    return sockets.length > 2 && sockets.every(({ path }) => existsSync(path))
  }

  it('runs each cell as a user of its own, which has no other group, and the realm answers', async () => {
    const all = await cells()
    expect(all.length).toBeGreaterThanOrEqual(2)
    for (const { uid, gid, groups } of all) {
      expect([uid > FIRST, gid, groups]).toEqual([true, FIRST, ''])
    }
    expect(new Set(all.map(({ uid }) => uid)).size).toBe(all.length)
    expect(await (await platform.get('hello', '/')).text()).toBe('hello')
  })

  it('lets a cell signal, trace or read no other', async () => {
    const [mine, other] = await cells()
    expect(
      await attempt(
        mine!,
        `try { process.kill(${other!.pid}, 0) } catch (error) { console.log(error.code) }`,
      ),
    ).toBe('EPERM')
    for (const file of ['environ', 'mem', 'maps'])
      expect(await attempt(mine!, reading(`/proc/${other!.pid}/${file}`))).toMatch(/^(EACCES|EPERM|ENOTDIR)$/)
    const sockets = await socketsOf()
    const theirs = sockets.find(({ owner }) => owner === other!.uid)!
    expect(await attempt(mine!, connecting(theirs.path))).toBe('EACCES')
    expect(await attempt(other!, connecting(theirs.path))).toBe('')
    expect(await attempt(mine!, reading(dirname(theirs.path)))).toBe('EACCES')
  })

  it('lets a cell reach the store’s socket and nothing else of the platform', async () => {
    const [mine] = await cells()
    const [machine] = (await readdir(runDir())).filter((name) => name.startsWith('m-'))
    const doors = join(runDir(), 'doors')
    expect(await attempt(mine!, connecting(join(doors, 'store.sock')))).toBe('')
    expect(await attempt(mine!, connecting(join(doors, 'control.sock')))).toBe('EACCES')
    const closed = [
      ...[platform.data, runDir(), doors, join(runDir(), machine!), join(runDir(), machine!, 's')],
      ...[join(runDir(), machine!, 'state'), join(runDir(), machine!, 'state', 'agent-key.pem')],
      ...['operator.json', 'capability-secret', 'provider-key.json', 'control-key.pem', 'lock'].map((name) =>
        join(platform.data, name),
      ),
      ...[
        'control.sqlite',
        'control.sqlite-wal',
        'logs.sqlite',
        'store.sqlite',
        'store.sqlite-wal',
        'blobs',
      ].map((name) => join(platform.data, name)),
    ]
    for (const path of closed) expect([path, await attempt(mine!, reading(path))]).toEqual([path, 'EACCES'])
    // What agents and other accounts' cells run is read by this one too, and must not be changed by it.
    const cache = join(platform.data, 'cache')
    const programs = (await readdir(cache)).filter((name) => name.startsWith('programs-'))
    expect(programs).toHaveLength(1)
    for (const path of [programs[0]!, `${programs[0]}/cell.js`, `${programs[0]}/agent.js`])
      expect([path, await attempt(mine!, writing(join(cache, path)))]).toEqual([path, 'EACCES'])
    const stranger = { uid: 65_534, gid: 65_534 }
    expect(await attempt(stranger, connecting(join(doors, 'store.sock')))).toBe('EACCES')
  }, 60_000)
})
