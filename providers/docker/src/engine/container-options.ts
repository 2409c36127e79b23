import type { MachineSpec } from '@openzimki/provider'
import type Docker from 'dockerode'
import type { CheckedDockerConfig, MachineSize } from '../config.ts'
import { type LabelledMachine, machineLabels, machineName } from '../machine-labels.ts'

/** Processor weight of a machine, and of one that was told to end: see stop-mark.ts. */
export const CPU_SHARES = 1024

const MIB = 1024 ** 2
/** An engine may have no more itself, and then could give none. */
const OPEN_FILES = 16_384

export interface ContainerInputs {
  config: CheckedDockerConfig
  size: MachineSize
  machine: LabelledMachine
  env: MachineSpec['env']
  /** The machine's folder on the host, where sockets are shared. */
  runFolder: string | null
}

/**
 * All that the engine is asked for. Of what a machine's spec says only `env` gets in, and it stays environment: no path, network,
 * device or capability is made of it, but for the one folder that run-folder.ts checked.
 */
export function containerOptions(inputs: ContainerInputs): Docker.ContainerCreateOptions {
  const { config, machine, env, runFolder } = inputs
  return {
    name: machineName(config.owner, machine.id),
    Image: config.image,
    ...(config.command ? { Entrypoint: [], Cmd: config.command } : {}),
    Hostname: machine.id,
    User: userOf(config),
    WorkingDir: '/',
    Env: Object.entries({ ...(runFolder ? {} : { HOME: '/run/zimki' }), ...env }).map(
      ([name, value]) => `${name}=${value}`,
    ),
    Labels: machineLabels(config.owner, machine),
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    OpenStdin: false,
    Tty: false,
    HostConfig: hostConfig(inputs),
  }
}

/** Sockets are their owner's alone (mode 0600), so where they are shared both sides are the same user. */
export function userOf({ user, sockets }: CheckedDockerConfig): string {
  if (user) return user
  if (!sockets) return '65532:65532'
  return `${process.getuid?.() ?? 65_532}:${process.getgid?.() ?? 65_532}`
}

/** What may grow is bounded: memory without swap, processes, files in memory, open files, the log. */
function hostConfig({ config, size, runFolder }: ContainerInputs): Docker.HostConfig {
  return {
    NetworkMode: config.network,
    CapDrop: ['ALL'],
    CapAdd: [],
    SecurityOpt: ['no-new-privileges'],
    Privileged: false,
    ReadonlyRootfs: true,
    Devices: [],
    IpcMode: 'none',
    Memory: size.memoryBytes,
    MemorySwap: size.memoryBytes,
    NanoCpus: Math.round(size.cpus * 1e9),
    PidsLimit: size.pids,
    CpuShares: CPU_SHARES,
    Ulimits: [{ Name: 'nofile', Soft: OPEN_FILES, Hard: OPEN_FILES }],
    Tmpfs: tmpfs(config),
    Mounts: mounts(config, runFolder),
    LogConfig: { Type: 'local', Config: { 'max-size': '10m', 'max-file': '2', compress: 'false' } },
    RestartPolicy: { Name: 'no' },
    AutoRemove: false,
    Init: false,
  }
}

/** The only places that can be written to, besides the shared folder. They count as memory. */
function tmpfs(config: CheckedDockerConfig): Record<string, string> {
  const [uid, gid] = userOf(config).split(':')
  return {
    '/tmp': `rw,nosuid,nodev,noexec,size=${64 * MIB},mode=1777`,
    '/run/zimki': `rw,nosuid,nodev,noexec,size=${128 * MIB},mode=0700,uid=${uid},gid=${gid}`,
  }
}

/** At the same paths within and without, so that an address means the same to both sides. */
function mounts({ sockets }: CheckedDockerConfig, runFolder: string | null): Docker.MountConfig {
  if (!sockets || !runFolder) return []
  const bind = (path: string, isReadOnly: boolean): Docker.MountSettings => ({
    Type: 'bind',
    Source: path,
    Target: path,
    ReadOnly: isReadOnly,
    BindOptions: { Propagation: 'rprivate' },
  })
  return [bind(sockets.doorsDir, true), bind(runFolder, false)]
}
