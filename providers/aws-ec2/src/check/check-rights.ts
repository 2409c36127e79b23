import type { EC2Client } from '@aws-sdk/client-ec2'
import type { CheckResult } from '@openzimki/provider'
import type { CheckedEc2Config } from '../config.ts'
import { errorName, mapError } from '../map-error.ts'
import { readSubnets } from '../resources/subnets.ts'
import { findResources, type OwnedResource } from '../sweep/find-resources.ts'
import { type Right, rightsOf, type Specimens } from './rights.ts'

type Finding = CheckResult['findings'][number]

const DENIED = /^(UnauthorizedOperation|AccessDenied.*)$/

/** Asks EC2 for every right without doing anything; each answer is a finding that names the statement of the policy which grants it. */
export async function checkRights(ec2: EC2Client, config: CheckedEc2Config): Promise<Finding[]> {
  const [subnets, owned] = await Promise.all([
    readSubnets(ec2, config).catch(() => []),
    findResources(ec2, config.owner).catch(() => []),
  ])
  const rights = rightsOf(ec2, config, subnets[0], specimensOf(owned))
  const findings: Finding[] = []
  for (const right of rights) findings.push(await proved(right))
  return findings
}

function specimensOf(owned: readonly OwnedResource[]): Specimens {
  const one = (kind: OwnedResource['kind']) => owned.find((some) => some.kind === kind)?.id
  return {
    ...{ instance: one('instance'), volume: one('volume'), networkInterface: one('network interface') },
    ...{ spotRequest: one('spot request'), template: one('launch template'), group: one('security group') },
  }
}

async function proved({ action, sid, ask }: Right): Promise<Finding> {
  const name = `ec2:${action}`
  if (!ask) {
    const text = `${name}: not asked, since there is nothing of this platform yet to ask about; launch a machine and check again`
    return { level: 'info', text }
  }
  try {
    await ask()
    return { level: 'info', text: `${name}: granted` }
  } catch (thrown) {
    const code = errorName(thrown)
    if (code === 'DryRunOperation') return { level: 'info', text: `${name}: granted` }
    if (DENIED.test(code)) {
      const text = `${name} is missing: add the statement "${sid}" of policy/platform.json to the policy of this user or role`
      return { level: 'error', text }
    }
    return {
      level: 'warn',
      text: `${name}: EC2 did not say whether it is granted: ${mapError(thrown).message}`,
    }
  }
}
