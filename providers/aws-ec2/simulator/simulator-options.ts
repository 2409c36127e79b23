import { z } from 'zod'
import { QUICK } from './cloud/times.ts'
import { faultRule } from './faults/fault-rule.ts'

const policy = z.strictObject({ allow: z.array(z.string()).optional(), deny: z.array(z.string()).optional() })
const durationMs = z.number().int().min(0)

/** What startSimulator takes; all of it may be left out. */
export const simulatorOptions = z.strictObject({
  /** Of the API and of the control API, on 127.0.0.1; 0: a free one. */
  port: z.number().int().min(0).max(65_535).default(0),
  controlPort: z.number().int().min(0).max(65_535).default(0),
  region: z.string().default('us-east-1'),
  zones: z
    .array(z.string().regex(/^[a-z]$/))
    .min(1)
    .max(4)
    .default(['a', 'b', 'c']),
  accountId: z
    .string()
    .regex(/^\d{12}$/)
    .default('000000000000'),
  /** `real`: what is in an instance runs (needs root on Linux); `bodiless`: instances are only spoken of. */
  instances: z.enum(['real', 'bodiless']).default('bodiless'),
  /** Chance of faults and prices. */
  seed: z.number().int().default(1),
  times: z
    .strictObject({
      pendingMs: durationMs.default(QUICK.pendingMs),
      checksMs: durationMs.default(QUICK.checksMs),
      stoppingMs: durationMs.default(QUICK.stoppingMs),
      shuttingDownMs: durationMs.default(QUICK.shuttingDownMs),
      lingerMs: durationMs.default(QUICK.lingerMs),
      noticeMs: durationMs.default(QUICK.noticeMs),
    })
    .prefault({}),
  /** Keys that may call; one is made up when there is none. */
  keys: z
    .array(
      z.strictObject({
        accessKeyId: z.string().regex(/^\w{4,128}$/),
        secretAccessKey: z.string().min(1),
        policy: policy.default({}),
      }),
    )
    .default([]),
  /** What instances may do, by the name of their instance profile; all when it is not here. */
  roles: z.record(z.string(), policy).default({}),
  faults: z.array(faultRule).default([]),
  /** A clock that is not the system's: nothing happens by itself then, only when somebody calls. */
  nowMs: z.custom<() => number>((one) => typeof one === 'function').optional(),
  /** Ports of 127.0.0.1 that real instances reach at the host's address in their network, such as a server for S3. */
  expose: z.array(z.number().int().min(1).max(65_535)).default([]),
  /** Folder on a disk other than the root's, for the disks of real instances. */
  stateFolder: z.string().default('/dev/shm'),
})

export type SimulatorOptions = z.input<typeof simulatorOptions>
export type SimulatorSettings = z.output<typeof simulatorOptions>
