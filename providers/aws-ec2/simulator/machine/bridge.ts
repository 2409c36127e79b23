import { addressText, parseCidr } from '../cloud/cidr.ts'
import { runTool } from './run-tool.ts'

/** The network that instances and the host share. */
export interface Bridge {
  device: string
  /** Of the VPC, such as `10.77.64.0/18`. */
  cidr: string
  /** The host's address in it. */
  gateway: string
}

/** Simulated VPCs of real instances are cut from here; each simulator has one of its own. */
const RANGE_SECOND = { first: 64, count: 64 }
const RANGE_THIRD = [0, 64, 128, 192]
const BITS = 18
const TRIES = 50

export const deviceOf = (tag: string): string => `zk${tag}`

/** A bridge on the host, with a network that nothing on this host uses yet. */
export async function makeBridge(tag: string, random: () => number): Promise<Bridge> {
  const device = deviceOf(tag)
  const cidr = await freeCidr(random)
  const gateway = addressText(parseCidr(cidr).first + 1)
  await runTool('ip', 'link', 'add', device, 'type', 'bridge', 'forward_delay', '0')
  await runTool('ip', 'addr', 'add', `${gateway}/${BITS}`, 'dev', device)
  await runTool('ip', 'link', 'set', device, 'up')
  return { device, cidr, gateway }
}

async function freeCidr(random: () => number): Promise<string> {
  const routes = await runTool('ip', '-4', 'route', 'show', 'table', 'all')
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const second = RANGE_SECOND.first + Math.floor(random() * RANGE_SECOND.count)
    const third = RANGE_THIRD[Math.floor(random() * RANGE_THIRD.length)]
    // Two simulators that start at once may still choose the same one of 256; the second one's address would not be taken.
    if (!routes.includes(` 10.${second}.`) && !routes.startsWith(`10.${second}.`)) {
      return `10.${second}.${third}.0/${BITS}`
    }
  }
  throw new Error('No network from 10.64.0.0/10 is free on this host; end other simulators')
}

/** Succeeds when it is gone already. */
export async function dropBridge(device: string): Promise<void> {
  const found = await runTool('ip', '-o', 'link', 'show').then((all) => all.includes(` ${device}:`))
  if (found) await runTool('ip', 'link', 'del', device)
}
