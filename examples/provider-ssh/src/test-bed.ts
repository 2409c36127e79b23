import { type AdapterTestBed, PlatformError, type TestBedSettings } from '@openzimki/provider'
import { checkConfig } from './config.ts'
import { shellWord } from './shell-words.ts'
import { SshHost } from './ssh-host.ts'

/**
 * The hosts of the configuration, looked at by programs of its own. They must have the kit's probe: either the files of this computer,
 * or agentCommand names where it was copied to. Their folders must hold nothing else.
 */
export async function testBed(settings: TestBedSettings): Promise<AdapterTestBed> {
  const hosts = checkConfig(settings.config).hosts.map((config) => ({ config, ssh: new SshHost(config) }))
  const run = (ssh: SshHost, program: string) => ssh.run(program, new AbortController().signal)
  return {
    env: {},
    crash: async ({ native }) => {
      const [, pid, name] = /^pid ([0-9]+) at (.*)$/.exec(native) ?? []
      const host = hosts.find(({ ssh }) => ssh.name === name)
      if (!host) throw new PlatformError('INTERNAL', `there is no process to be killed: ${native}`)
      await run(host.ssh, `kill -s KILL ${pid}\n`)
    },
    leftovers: async () => {
      const found = hosts.map(async ({ config, ssh }) => {
        const program = `cd ${shellWord(config.folder)} 2>/dev/null && find . -mindepth 2 -maxdepth 2; exit 0\n`
        return String(await run(ssh, program))
          .split('\n')
          .filter((line) => line !== '')
      })
      return (await Promise.all(found)).flat()
    },
    settleMs: 10_000,
    reportsFacts: true,
    close: async () => {
      for (const { ssh } of hosts) await ssh.close()
    },
  }
}
