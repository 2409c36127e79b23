import type { CheckResult } from '@openzimki/provider'
import type Docker from 'dockerode'
import type { CheckedDockerConfig } from './config.ts'
import { describeConnection } from './connection/connection-config.ts'
import { sizesOn } from './machine-sizes.ts'
import { statusAs } from './map-error.ts'

type Findings = CheckResult['findings']

interface EngineInfo {
  Name: string
  ServerVersion: string
  NCPU: number
  MemTotal: number
  MemoryLimit: boolean
  CpuCfsQuota: boolean
  PidsLimit: boolean
  SecurityOptions: string[] | null
  Swarm?: { LocalNodeState: string; ControlAvailable: boolean }
}

/** What an operator wants to know before the first machine. Rejects when there is no engine, which is the finding then. */
export async function checkEngine(
  docker: Docker,
  config: CheckedDockerConfig,
  signal: AbortSignal,
): Promise<CheckResult> {
  const info = (await docker.info()) as EngineInfo
  signal.throwIfAborted()
  const image = await statusAs(docker.getImage(config.image).inspect(), [404], null)
  const findings: Findings = [
    {
      level: 'info',
      text: `engine ${info.Name} (Docker ${info.ServerVersion}) at ${describeConnection(config.connection)}`,
    },
    ...limitFindings(info),
    ...sizeFindings(info, config),
    ...swarmFindings(info, config),
    ...(image || config.scheduler === 'swarm' ? [] : [imageFinding(config.image)]),
    ...(config.network === 'none' ? [NO_NETWORK] : []),
  ]
  return { ok: findings.every(({ level }) => level !== 'error'), findings }
}

function limitFindings(info: EngineInfo): Findings {
  const lacking = [
    ['memory', info.MemoryLimit],
    ['processors', info.CpuCfsQuota],
    ['processes', info.PidsLimit],
  ].flatMap(([what, has]) => (has ? [] : [what]))
  const findings: Findings = []
  if (lacking.length > 0) {
    const text = `the engine cannot limit ${lacking.join(', ')} of a container, so no machine will start: give it these control groups`
    findings.push({ level: 'error', text })
  }
  if (!info.SecurityOptions?.some((option) => option.includes('seccomp'))) {
    const text =
      'the engine filters no system calls (seccomp is off), so a break-out has more to try: turn its default profile on'
    findings.push({ level: 'warn', text })
  }
  return findings
}

function sizeFindings(info: EngineInfo, config: CheckedDockerConfig): Findings {
  const fitting = Object.keys(sizesOn({ cpus: info.NCPU, memoryBytes: info.MemTotal }, config))
  if (fitting.length > 0) return []
  const text = `none of the sizes fits this engine, which has ${info.NCPU} processors and ${info.MemTotal} bytes: offer a smaller one`
  return [{ level: 'error', text }]
}

function swarmFindings({ Swarm }: EngineInfo, config: CheckedDockerConfig): Findings {
  if (config.scheduler !== 'swarm' || Swarm?.ControlAvailable) return []
  const text = 'this engine manages no Swarm: run `docker swarm init` on it, or name one that is a manager'
  return [{ level: 'error', text }]
}

function imageFinding(image: string) {
  const text = `the engine has no image ${image}, so no machine will start: make it with \`zimki provider docker image\``
  return { level: 'error' as const, text }
}

const NO_NETWORK = {
  level: 'info' as const,
  text: 'machines have no network: nothing can be reached from them but the platform’s sockets, and realms cannot call out (`network` names one)',
}
