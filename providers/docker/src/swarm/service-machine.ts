import type { Machine } from '@openzimki/provider'
import { z } from 'zod'
import { readLabels } from '../machine-labels.ts'
import { STOP_CONSTRAINT } from './service-spec.ts'

/** What we read of a service; the types of dockerode say `any`. */
export const serviceSchema = z.object({
  ID: z.string(),
  CreatedAt: z.string(),
  Version: z.object({ Index: z.number() }),
  Spec: z.looseObject({
    Name: z.string(),
    Labels: z.record(z.string(), z.string()).default({}),
    TaskTemplate: z.looseObject({
      Placement: z.looseObject({ Constraints: z.array(z.string()).nullish() }).nullish(),
      RestartPolicy: z
        .looseObject({ MaxAttempts: z.number().nullish(), Condition: z.string().nullish() })
        .nullish(),
    }),
  }),
})
export type Service = z.output<typeof serviceSchema>

export const taskSchema = z.object({
  ID: z.string(),
  ServiceID: z.string(),
  CreatedAt: z.string(),
  NodeID: z.string().nullish(),
  DesiredState: z.string(),
  Status: z.object({
    State: z.string(),
    Err: z.string().nullish(),
    Message: z.string().nullish(),
    ContainerStatus: z.object({ ExitCode: z.number().nullish() }).nullish(),
  }),
})
export type Task = z.output<typeof taskSchema>

const ENDED = new Set(['complete', 'shutdown', 'failed', 'rejected', 'remove', 'orphaned'])

/** Null: it is not a machine of this owner. `tasks` are those of this service. */
export function serviceMachine(service: Service, tasks: readonly Task[], owner: string): Machine | null {
  const labelled = readLabels(service.Spec.Labels, owner)
  if (!labelled) return null
  const createdAtMs = Date.parse(service.CreatedAt)
  // A task is one start: the managers name it before a node has it, and no other ever has that name.
  const incarnation = lastPlaced(tasks)?.ID ?? null
  return { ...labelled, createdAtMs, native: service.ID, incarnation, ...stateOf(service, tasks) }
}

export function isToldToEnd({ Spec }: Service): boolean {
  return Spec.TaskTemplate.Placement?.Constraints?.includes(STOP_CONSTRAINT) ?? false
}

/** Tasks that have a node and have not ended there. */
export const liveTasks = (tasks: readonly Task[]): Task[] =>
  tasks.filter(({ NodeID, Status }) => Boolean(NodeID) && !ENDED.has(Status.State))

/** The last one that was given a node, for its log. */
export function lastPlaced(tasks: readonly Task[]): Task | undefined {
  return newest(tasks.filter(({ NodeID }) => Boolean(NodeID)))
}

const newest = (tasks: readonly Task[]): Task | undefined =>
  tasks.toSorted((a, b) => (a.CreatedAt < b.CreatedAt ? -1 : 1)).at(-1)

function stateOf(service: Service, tasks: readonly Task[]): Pick<Machine, 'state' | 'reason'> {
  if (isToldToEnd(service))
    return { state: liveTasks(tasks).length > 0 ? 'stopping' : 'stopped', reason: null }
  const task = newest(tasks)
  if (!task) return { state: 'starting', reason: null }
  if (task.Status.State === 'running') return { state: 'running', reason: null }
  if (!ENDED.has(task.Status.State) || willRestart(service, task)) return { state: 'starting', reason: null }
  return { state: 'failed', reason: whyEnded(task) }
}

/** The scheduler first wants an ended task to be over, and only then decides on another. */
function willRestart({ Spec }: Service, { DesiredState }: Task): boolean {
  return Spec.TaskTemplate.RestartPolicy?.Condition !== 'none' && DesiredState === 'running'
}

function whyEnded({ Status }: Task): string {
  const status = Status.ContainerStatus?.ExitCode
  const how = Status.Err || Status.Message || Status.State
  const exit = status ? ` (exit status ${status})` : ''
  return `the task ended unasked and the scheduler starts no other: ${how}${exit}; its logs may say more`
}
