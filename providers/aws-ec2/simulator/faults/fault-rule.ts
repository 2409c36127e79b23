import { z } from 'zod'

const callFault = {
  /** `RunInstances`, with `*` for any text. */
  action: z.string().default('*'),
  /** Of the calls that match, this share. */
  share: z.number().min(0).max(1).default(1),
  /** At most so often; for ever when left out. */
  times: z.number().int().min(1).optional(),
}

/** What can go wrong with a call. `phase` says when: before anything was done, or after it. */
export const faultRule = z.discriminatedUnion('kind', [
  /** Refused, with this code of EC2, and nothing done. */
  z.strictObject({
    kind: z.literal('error'),
    ...callFault,
    code: z.string(),
    message: z.string().optional(),
    status: z.number().int().min(400).max(599).optional(),
  }),
  /** The connection is cut before anything was done. */
  z.strictObject({ kind: z.literal('lost-request'), ...callFault }),
  /** It is done, and the connection is cut before the answer. */
  z.strictObject({ kind: z.literal('lost-response'), ...callFault }),
  /** The answer comes late. */
  z.strictObject({ kind: z.literal('delay'), ...callFault, delayMs: z.number().int().min(0) }),
  /** What the call makes is not seen by the next `looks` looks at it, nor before `forMs` have passed. */
  z.strictObject({
    kind: z.literal('slow-consistency'),
    ...callFault,
    looks: z.number().int().min(0).default(0),
    forMs: z.number().int().min(0).default(0),
  }),
  /** No capacity for instances like this, whichever call asks. */
  z.strictObject({
    kind: z.literal('no-capacity'),
    instanceType: z.string().default('*'),
    zone: z.string().default('*'),
    market: z.enum(['spot', 'on-demand', '*']).default('*'),
    share: callFault.share,
    times: callFault.times,
  }),
  /** The instance starts, and what is in it does not: `never-boots` stays silent, `ends` goes straight to terminated. */
  z.strictObject({
    kind: z.literal('boot-failure'),
    instanceType: z.string().default('*'),
    how: z.enum(['never-boots', 'ends']).default('never-boots'),
    share: callFault.share,
    times: callFault.times,
  }),
])

/** As given: what has a default may be left out. */
export type FaultInput = z.input<typeof faultRule>
export type FaultRule = z.output<typeof faultRule>
export type FaultKind = FaultRule['kind']
