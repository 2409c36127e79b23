import { readFileSync } from 'node:fs'
import { probePath } from '@openzimki/provider/kit'
import type { DockerConfig } from '../config.ts'
import { openEngine } from '../connection/open-engine.ts'
import { IMAGE_NODE } from '../image/machine-image.ts'
import { LABEL } from '../machine-labels.ts'

const MACHINE = readFileSync(probePath, 'utf8')

/** What the test's machines run, whatever image has Node. */
export const TEST_COMMAND = [IMAGE_NODE, '--input-type=module', '-e', MACHINE]

export const TEST_IMAGE = 'openzimki/test-machine:latest'

/** A size that any engine has, small enough for many at once. */
export const TEST_SIZES = { small: { cpus: 1, memoryBytes: 256 * 1024 ** 2, pids: 64 } }

export function testConfig(socket: string, owner: string, change: Partial<DockerConfig> = {}): DockerConfig {
  return {
    owner,
    connection: { socket },
    image: TEST_IMAGE,
    command: TEST_COMMAND,
    sizes: TEST_SIZES,
    ...change,
  }
}

/** Containers of these owners, or of any, by name. */
export async function containersOn(socket: string, owners?: readonly string[]): Promise<string[]> {
  const { docker, close } = openEngine({ socket })
  const found = await docker.listContainers({ all: true, filters: { label: [LABEL.owner] } })
  close()
  return found.flatMap(({ Names, Labels }) => (isOf(owners, Labels) ? Names : []))
}

export const isOf = (owners: readonly string[] | undefined, labels: Record<string, string> = {}): boolean =>
  owners === undefined || owners.includes(labels[LABEL.owner] ?? '')
