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

const deviceOf = (tag: string): string => `zk${tag}`

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

/**
 * Removes the bridge of a simulator, and what is left of its instances' cables: the kernel takes those away some time after the instances end.
 * Succeeds where they are gone already, or another drops them in this moment.
 */
export async function dropDevices(tag: string): Promise<void> {
  for (const device of await devicesOf(tag)) {
    await runTool('ip', 'link', 'del', device).catch(async (thrown: unknown) => {
      if ((await devicesOf(tag)).includes(device)) throw thrown
    })
  }
}

async function devicesOf(tag: string): Promise<string[]> {
  const lines = (await runTool('ip', '-o', 'link', 'show')).split('\n')
  // Such as `12: zk35cb01: <BROADCAST`, or `13: zk35cb012@if2: <BROADCAST`.
  const names = lines.map((line) => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? '')
  return names.filter((name) => name.startsWith(deviceOf(tag)))
}
