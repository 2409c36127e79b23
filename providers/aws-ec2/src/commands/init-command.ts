import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { AdapterCommand } from '@openzimki/provider'
import { buildBundle } from '../bundle/build-bundle.ts'
import { costLines } from '../setup/cost.ts'
import { runInit } from '../setup/run-init.ts'
import { readSettings, writeSettings } from '../setup/settings-file.ts'
import { askToGoOn, readSetupOptions, withSetup } from './setup-options.ts'

const PLAN = [
  'a VPC 10.83.0.0/16 with public subnets in two zones, an internet gateway and a route table',
  'a security group into which nothing comes',
  'a bucket for the agent and for blobs: private, encrypted, over TLS only',
  'a role and an instance profile with which machines read the agent, and nothing else',
  'the agent of this installation, packed and uploaded',
]

/** `init [--region REGION] [--owner NAME] [--out FILE] [--yes]` */
export const initCommand: AdapterCommand = {
  description:
    'make what machines and blobs need (network, role, bucket, agent), after saying what it costs: [--region REGION] [--owner NAME] [--out FILE] [--yes]',
  run: async (context) => {
    const given = readSetupOptions('init', context.args, { out: { type: 'string' } })
    const out = resolve(String(given.out ?? 'aws.json'))
    await withSetup(context, given, async (run) => {
      const { print, setup } = run
      // Before anything is made: a file that cannot be written is known now.
      await readSettings(out)
      print(`In ${setup.region}, tagged openzimki:owner=${setup.owner}, what is not there yet of:`)
      for (const line of PLAN) print(`  ${line}`)
      for (const line of await costLines(setup)) print(line)
      await askToGoOn(context, given, 'Make it?')
      const folder = await mkdtemp(join(tmpdir(), 'zimki-aws-'))
      try {
        const { settings, blobs } = await runInit(run, () => buildBundle(folder))
        await writeSettings(out, { ...(context.config as object), ...settings })
        print(`settings written to ${out}`)
        print('now start the platform, with the name and port under which machines reach this computer:')
        const up = `npx zimki up --provider aws-ec2 --provider-config ${out} --blobs '${blobs}'`
        print(`  ${up} --agents-address HOST:PORT`)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  },
}
