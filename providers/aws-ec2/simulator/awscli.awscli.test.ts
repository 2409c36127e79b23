import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { IMAGE_IDS } from './cloud/default-network.ts'
import { startSimulator } from './start-simulator.ts'
import { eventually } from './testing/eventually.ts'

describe('the AWS CLI', () => {
  it('runs, describes, stops, starts and terminates instances', async () => {
    const simulator = await startSimulator()
    const { endpoint, region } = simulator
    const env = { PATH: process.env.PATH, HOME: '/nonexistent', AWS_PAGER: '', ...simulator.env }
    const aws = async (...args: string[]) => {
      const program = process.env.OPENZIMKI_AWS_CLI ?? 'aws'
      const given = ['--endpoint-url', endpoint, '--region', region, '--output', 'json', 'ec2', ...args]
      const { stdout } = await promisify(execFile)(program, given, { env })
      return JSON.parse(stdout)
    }
    try {
      const tags = 'ResourceType=instance,Tags=[{Key=Name,Value=by-hand}]'
      const request = [
        '--image-id',
        IMAGE_IDS.x86_64,
        '--instance-type',
        't3.micro',
        '--tag-specifications',
        tags,
      ]
      const { Instances } = await aws('run-instances', ...request)
      const id = Instances[0].InstanceId as string
      const { Reservations } = await aws('describe-instances', '--filters', 'Name=tag:Name,Values=by-*')
      expect(Reservations[0].Instances[0]).toMatchObject({ InstanceId: id, InstanceType: 't3.micro' })
      const stateIs = (wanted: string) =>
        eventually(async () => {
          const seen = await aws('describe-instances', '--instance-ids', id)
          return seen.Reservations[0].Instances[0].State.Name === wanted
        })
      await stateIs('running')
      await aws('stop-instances', '--instance-ids', id)
      await stateIs('stopped')
      const started = await aws('start-instances', '--instance-ids', id)
      expect(started.StartingInstances[0]).toMatchObject({
        ...{ InstanceId: id, CurrentState: { Name: 'pending' } },
        PreviousState: { Name: 'stopped' },
      })
      await stateIs('running')
      const ended = await aws('terminate-instances', '--instance-ids', id)
      expect(ended.TerminatingInstances[0]).toMatchObject({
        InstanceId: id,
        CurrentState: { Name: 'shutting-down' },
      })
      await expect(aws('describe-instances', '--instance-ids', 'i-0')).rejects.toThrow(
        'InvalidInstanceID.NotFound',
      )
    } finally {
      await simulator.close()
    }
  }, 240_000)
})
