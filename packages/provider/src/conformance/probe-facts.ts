import assert from 'node:assert/strict'
import { readFileSync, readlinkSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Hardening, ProviderManifest } from '../contract.ts'

/** The kit's machine as one plain JavaScript file, to be copied to where machines run. */
export const probePath = fileURLToPath(new URL('probe-machine.js', import.meta.url))

/** Starts the kit's machine on this host. */
export const probeCommand: readonly [string, ...string[]] = [process.execPath, probePath]

const factsSchema = z.object({
  pidNamespace: z.string().nullable(),
  bootId: z.string().nullable(),
  ownProcessGroup: z.boolean().nullable(),
  uid: z.number().nullable(),
  noNewPrivileges: z.boolean().nullable(),
  capabilities: z.string().nullable(),
  memoryLimited: z.boolean().nullable(),
  canWriteFiles: z.boolean(),
  addresses: z.array(z.string()),
})

/** What a machine finds about itself. Null: the system there does not say. */
export type ProbeFacts = z.infer<typeof factsSchema>

export function parseFacts(logs: string): ProbeFacts {
  const line = /^facts (\{.*\})$/m.exec(logs)?.[1]
  assert.ok(
    line,
    'the machine printed no facts: the test bed must run the kit’s probe, or not say reportsFacts',
  )
  return factsSchema.parse(JSON.parse(line))
}

/** What the manifest claims and the machine does not find; what the machine cannot know is believed. */
export function liesOf(
  manifest: ProviderManifest,
  facts: ProbeFacts,
  host: HostFacts = hostFacts(),
): string[] {
  const claims: [claimed: boolean, holds: boolean | null, what: string][] = [
    [
      manifest.isolation === 'container',
      differs(facts.pidNamespace, host.pidNamespace),
      'isolation is container, but a machine is in the process namespace of its host',
    ],
    [
      manifest.isolation === 'vm',
      differs(facts.bootId, host.bootId),
      'isolation is vm, but a machine shares the kernel of its host',
    ],
    ...hardeningClaims(facts, host).map(([word, holds, what]): [boolean, boolean | null, string] => [
      manifest.hardening.includes(word),
      holds,
      `hardening has ${word}, but ${what}`,
    ]),
  ]
  return claims.flatMap(([claimed, holds, what]) => (claimed && holds === false ? [what] : []))
}

function hardeningClaims(facts: ProbeFacts, host: HostFacts): [Hardening, boolean | null, string][] {
  const shared = facts.addresses.filter((address) => host.addresses.includes(address))
  return [
    ['process-group', facts.ownProcessGroup, 'a machine is in the process group of another process'],
    ['unprivileged-user', facts.uid === null ? null : facts.uid !== 0, 'a machine runs as root'],
    ['no-new-privileges', facts.noNewPrivileges, 'NoNewPrivs is 0 in a machine'],
    [
      'no-capabilities',
      facts.capabilities === null ? null : /^0+$/.test(facts.capabilities),
      `CapEff is ${facts.capabilities} in a machine`,
    ],
    ['memory-limit', facts.memoryLimited, 'the memory of a machine has no limit'],
    ['read-only-files', !facts.canWriteFiles, 'a machine can write to its root folder'],
    ['private-network', shared.length === 0, `a machine has the host's addresses ${shared.join(', ')}`],
  ]
}

export type HostFacts = Pick<ProbeFacts, 'pidNamespace' | 'bootId' | 'addresses'>

function hostFacts(): HostFacts {
  const isLinux = process.platform === 'linux'
  return {
    pidNamespace: isLinux ? readlinkSync('/proc/self/ns/pid') : null,
    bootId: isLinux ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() : null,
    addresses: Object.values(networkInterfaces()).flatMap((list = []) =>
      list.filter(({ internal }) => !internal).map(({ address }) => address),
    ),
  }
}

const differs = (there: string | null, here: string | null) =>
  there === null || here === null ? null : there !== here
