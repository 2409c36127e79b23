import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { PlatformWithin } from '../../providers/docker/src/testing/platform-within.ts'
import { startSshd, type TestSshd } from './testing/start-sshd.ts'

let sshd: TestSshd
let platform: PlatformWithin
beforeAll(async () => {
  sshd = await startSshd()
  platform = await PlatformWithin.make([])
}, 60_000)
afterAll(async () => {
  await platform?.close()
  await sshd?.close()
}, 60_000)

it('a realm is served from a machine that was started over SSH, and nothing is left in the end', async () => {
  await writeFile(join(platform.folder, 'hosts.json'), JSON.stringify({ hosts: [sshd.host('one')] }))
  const provider = ['--provider', import.meta.dirname, '--provider-config', 'hosts.json']
  await platform.up([...provider, '--agents-address', '127.0.0.1:0'])
  await platform.zimki('deploy', join(import.meta.dirname, '../service'), '--realm', 'far', '--json')
  const { status, body } = await platform.get('far', '/')
  expect([status, body.length > 0]).toEqual([200, true])
  await platform.down()
  expect(await sshd.machinesOf('*')).toEqual([])
})
