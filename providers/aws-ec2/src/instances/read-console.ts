import { type EC2Client, GetConsoleOutputCommand } from '@aws-sdk/client-ec2'
import { errorName } from '../map-error.ts'

/** EC2 keeps the last 64 KiB of the console, and for an hour after the end. Of Nitro instances the newest can be had at once. */
export async function readConsole(ec2: EC2Client, instanceId: string, maxBytes: number): Promise<string> {
  const bytes = Buffer.from(await output(ec2, instanceId), 'base64')
  // The portable layer cuts between characters; here it is enough to be near.
  return bytes.subarray(Math.max(0, bytes.length - maxBytes - 3)).toString('utf8')
}

async function output(ec2: EC2Client, InstanceId: string): Promise<string> {
  try {
    return (await ec2.send(new GetConsoleOutputCommand({ InstanceId, Latest: true }))).Output ?? ''
  } catch (thrown) {
    if (!/^(UnsupportedOperation|InvalidParameter.*|IncorrectInstanceState)$/.test(errorName(thrown)))
      throw thrown
    return (await ec2.send(new GetConsoleOutputCommand({ InstanceId }))).Output ?? ''
  }
}
