import type { MachineSpec } from '@openzimki/provider'
import type Docker from 'dockerode'
import type { CheckedDockerConfig, MachineSize } from '../config.ts'
import { userOf } from '../engine/container-options.ts'
import { RUN_DIR_VARIABLE } from '../engine/run-folder.ts'
import { type LabelledMachine, machineLabels, machineName } from '../machine-labels.ts'

const MIB = 1024 ** 2
const NS_PER_MS = 1e6
const OPEN_FILES = 16_384
/** Attempts to restart are counted within this time. */
const RESTART_WINDOW_MS = 3_600_000
const RESTART_DELAY_MS = 500

/**
 * No node fulfils it. A machine told to end keeps its service with this constraint, so that the scheduler ends it and starts no
 * other, while its last task and its log stay to be read; scaling to nothing would drop both.
 */
export const STOP_CONSTRAINT = 'node.labels.org.openzimki.nowhere==true'

export interface ServiceInputs {
  config: CheckedDockerConfig
  size: MachineSize
  machine: LabelledMachine
  env: MachineSpec['env']
}

/** A machine as a service of one task, which the scheduler restarts and moves. As with containers, only `env` comes from the spec. */
export function serviceSpec({ config, size, machine, env }: ServiceInputs): Docker.CreateServiceOptions {
  const { restarts, zones } = config.swarm
  const limits = { NanoCPUs: Math.round(size.cpus * 1e9), MemoryBytes: size.memoryBytes }
  return {
    Name: machineName(config.owner, machine.id),
    Labels: machineLabels(config.owner, machine),
    Mode: { Replicated: { Replicas: 1 } },
    TaskTemplate: {
      ContainerSpec: containerSpec(config, machine, env),
      // Memory is kept for a machine; processors are shared among all that want them.
      Resources: {
        Limits: { ...limits, Pids: size.pids } as typeof limits,
        Reservations: { MemoryBytes: size.memoryBytes },
      },
      RestartPolicy: {
        Condition: restarts > 0 ? 'any' : 'none',
        Delay: RESTART_DELAY_MS * NS_PER_MS,
        MaxAttempts: restarts,
        Window: RESTART_WINDOW_MS * NS_PER_MS,
      },
      Placement: { Constraints: zones[machine.zone] ?? [] },
      Networks: [{ Target: config.network }],
      LogDriver: { Name: 'local', Options: { 'max-size': '10m', 'max-file': '2', compress: 'false' } },
    },
    // One after another, old before new: two agents must not be one machine.
    UpdateConfig: { Parallelism: 1, Order: 'stop-first', FailureAction: 'pause' },
    RollbackConfig: { Parallelism: 1, Order: 'stop-first', FailureAction: 'pause' },
  }
}

function containerSpec(
  config: CheckedDockerConfig,
  machine: LabelledMachine,
  env: MachineSpec['env'],
): Docker.ContainerSpec {
  return {
    Image: config.image,
    ...(config.command ? { Command: config.command } : {}),
    Hostname: machine.id,
    User: userOf(config),
    Dir: '/',
    Env: Object.entries({ HOME: '/tmp', [RUN_DIR_VARIABLE]: '/tmp/zimki', ...env }).map(
      ([name, value]) => `${name}=${value}`,
    ),
    Labels: machineLabels(config.owner, machine),
    ReadOnly: true,
    CapabilityDrop: ['ALL'],
    // Engines before 25 do not know it for services; hence it is not in the manifest.
    Privileges: { NoNewPrivileges: true } as Docker.Privileges,
    Init: false,
    TTY: false,
    OpenStdin: false,
    Ulimits: [{ Name: 'nofile', Soft: OPEN_FILES, Hard: OPEN_FILES }],
    // The one folder that every image has open to all: a Swarm takes the mode of what it mounts over, whatever mode it is told.
    Mounts: [tmpfs('/tmp', 192)],
    StopGracePeriod: config.swarm.stopGraceMs * NS_PER_MS,
  }
}

const tmpfs = (target: string, mib: number): Docker.MountSettings =>
  ({
    Type: 'tmpfs',
    Target: target,
    ReadOnly: false,
    TmpfsOptions: { SizeBytes: mib * MIB, Mode: 0o1777 },
  }) as Docker.MountSettings
