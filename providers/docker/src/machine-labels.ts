import { createHash } from 'node:crypto'

const PREFIX = 'org.openzimki'

/** Labels, set at creation, by which a machine is known as ours. */
export const LABEL = {
  owner: `${PREFIX}.owner`,
  machine: `${PREFIX}.machine`,
  size: `${PREFIX}.size`,
  zone: `${PREFIX}.zone`,
  fingerprint: `${PREFIX}.fingerprint`,
} as const

/**
 * Of a container or service: at most 59 characters, since Swarm takes 63. Made of owner and id alone, so that the engine itself, which has
 * each name once, lets one of many launches win. Two owners whose digests begin alike are told apart by the label.
 */
export function machineName(owner: string, id: string): string {
  return `zimki-${createHash('sha256').update(owner).digest('hex').slice(0, 12)}-${id}`
}

export interface LabelledMachine {
  id: string
  size: string
  zone: string
  fingerprint: string
}

export function machineLabels(
  owner: string,
  { id, size, zone, fingerprint }: LabelledMachine,
): Record<string, string> {
  return {
    [LABEL.owner]: owner,
    [LABEL.machine]: id,
    [LABEL.size]: size,
    [LABEL.zone]: zone,
    [LABEL.fingerprint]: fingerprint,
  }
}

/** Null: it is not a machine of this owner, whatever its name. */
export function readLabels(
  labels: Record<string, string> | undefined,
  owner: string,
): LabelledMachine | null {
  if (labels?.[LABEL.owner] !== owner) return null
  const {
    [LABEL.machine]: id,
    [LABEL.size]: size,
    [LABEL.zone]: zone,
    [LABEL.fingerprint]: fingerprint,
  } = labels
  if (id === undefined || size === undefined || zone === undefined || fingerprint === undefined) return null
  return { id, size, zone, fingerprint }
}

/** Filter of list calls. */
export const ownerFilter = (owner: string): string => `${LABEL.owner}=${owner}`
