import { readdir, readFile } from 'node:fs/promises'
import { IAMClient, ListRolesCommand, ListUsersCommand } from '@aws-sdk/client-iam'
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { type Simulator, startSimulator } from '../../../providers/aws-ec2/simulator/index.ts'
import { type MotoServer, startMoto } from '../../../providers/aws-ec2/src/testing/moto-server.ts'

/** An account of AWS that is none: EC2 is our simulator, S3 and IAM are moto's. */
export class RehearsedAccount {
  readonly simulator: Simulator
  readonly #moto: MotoServer
  readonly env: Record<string, string>

  private constructor(simulator: Simulator, moto: MotoServer) {
    this.simulator = simulator
    this.#moto = moto
    this.env = { ...simulator.env, AWS_ENDPOINT_URL_S3: moto.endpoint, AWS_ENDPOINT_URL_IAM: moto.endpoint }
  }

  static async open(): Promise<RehearsedAccount> {
    const moto = await startMoto()
    const simulator = await startSimulator({
      instances: 'real',
      expose: [Number(new URL(moto.endpoint).port)],
    })
    return new RehearsedAccount(simulator, moto)
  }

  /** Where machines reach this host. */
  get agentsAddress(): string {
    return `${this.simulator.hostAddress}:0`
  }

  /** Where machines reach S3: they sign for AWS only. */
  get bundleFrom(): string {
    return `http://${this.simulator.hostAddress}:${new URL(this.#moto.endpoint).port}`
  }

  /** Of moto, to look behind what is rehearsed. */
  get clients(): { s3: S3Client; iam: IAMClient } {
    const { endpoint, credentials } = this.#moto
    const settings = { endpoint, region: 'us-east-1', credentials: { ...credentials } }
    return { s3: new S3Client({ ...settings, forcePathStyle: true }), iam: new IAMClient(settings) }
  }

  /** Everything that costs or is left behind, whoever made it; looked at behind the back of what is rehearsed. */
  async left(): Promise<string[]> {
    const { s3, iam } = this.clients
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}))
    const { Roles = [] } = await iam.send(new ListRolesCommand({ PathPrefix: '/' }))
    const { Users = [] } = await iam.send(new ListUsersCommand({}))
    return [
      ...Object.values(this.simulator.control.resources()).flat(),
      ...Buckets.map(({ Name = '' }) => Name),
      ...Roles.map(({ RoleName = '' }) => RoleName),
      ...Users.map(({ UserName = '' }) => UserName),
    ]
  }

  /** Programs that still speak to it. */
  async programs(): Promise<string[]> {
    const found: string[] = []
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
      if (environ.includes(`AWS_ENDPOINT_URL_EC2=${this.simulator.endpoint}`)) found.push(pid)
    }
    return found
  }

  async close(): Promise<void> {
    await this.simulator.close()
    await this.#moto.close()
  }
}
