import { readFile } from 'node:fs/promises'
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  type InstanceProfile,
  PutRolePolicyCommand,
  type Role,
} from '@aws-sdk/client-iam'
import { PlatformError } from '@openzimki/core'
import { codeAs } from '../map-error.ts'
import { ensure, type SetupRun, settled } from './ensure.ts'
import { IAM_PATH, isPart, type Part, requiredTags, roleName } from './setup-names.ts'

const NONE = /^NoSuchEntity/
const FULL = /^LimitExceeded/
export const ROLE_POLICY = 'agent'

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})

/** The instance profile of machines, by name: they may read the agent, and nothing else. ALREADY_EXISTS: the name is a stranger's. */
export async function ensureProfile(run: SetupRun, bucket: string): Promise<string> {
  const { iam, setup } = run
  const name = roleName(setup)
  await ensureRole(run, name)
  const PolicyDocument = await machinePolicy(bucket)
  const policy = new PutRolePolicyCommand({ RoleName: name, PolicyName: ROLE_POLICY, PolicyDocument })
  await settled(run, () => iam.send(policy))
  const { Roles = [] } = await ensureInstanceProfile(run, name)
  if (!Roles.some(({ RoleName }) => RoleName === name)) {
    const add = new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name })
    // It takes one role, so the limit says that a lost call came through.
    await settled(run, () => codeAs(iam.send(add), FULL, null))
  }
  return name
}

/** As in policy/machine.json, for this bucket. */
export async function machinePolicy(bucket: string): Promise<string> {
  const text = await readFile(new URL('../../policy/machine.json', import.meta.url), 'utf8')
  return JSON.stringify(JSON.parse(text.replaceAll('BUCKET', bucket)))
}

function ensureRole(run: SetupRun, name: string): Promise<Role> {
  const { iam, setup } = run
  return ensure<Role>(run, {
    name: 'role',
    find: async () => {
      const found = await codeAs(iam.send(new GetRoleCommand({ RoleName: name })), NONE, null)
      return ours(found?.Role, 'role', run)
    },
    create: async () => {
      const head = { RoleName: name, Path: IAM_PATH, Tags: requiredTags(setup, 'role') }
      const Description = `Machines of OpenZimki set-up ${setup.owner}: they read their agent`
      const create = new CreateRoleCommand({ ...head, Description, AssumeRolePolicyDocument: TRUST })
      return (await iam.send(create)).Role as Role
    },
    idOf: ({ RoleName = '' }) => RoleName,
  })
}

function ensureInstanceProfile(run: SetupRun, name: string): Promise<InstanceProfile> {
  const { iam, setup } = run
  return ensure<InstanceProfile>(run, {
    name: 'instance profile',
    find: async () => {
      const get = new GetInstanceProfileCommand({ InstanceProfileName: name })
      return ours((await codeAs(iam.send(get), NONE, null))?.InstanceProfile, 'profile', run)
    },
    create: async () => {
      const head = { InstanceProfileName: name, Path: IAM_PATH, Tags: requiredTags(setup, 'profile') }
      return (await iam.send(new CreateInstanceProfileCommand(head))).InstanceProfile as InstanceProfile
    },
    idOf: ({ InstanceProfileName = '' }) => InstanceProfileName,
  })
}

function ours<T extends Role | InstanceProfile>(
  found: T | undefined,
  part: Part,
  { setup }: SetupRun,
): T | undefined {
  if (!found || isPart(found.Tags, setup.owner, part)) return found
  throw new PlatformError(
    'ALREADY_EXISTS',
    `aws setup: there is a ${part} ${roleName(setup)} without our tag: remove it, or take another --owner`,
  )
}
