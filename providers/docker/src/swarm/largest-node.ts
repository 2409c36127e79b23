import type Docker from 'dockerode'
import { z } from 'zod'
import type { HostSize } from '../machine-sizes.ts'

const nodesSchema = z.array(
  z.object({
    Spec: z.object({ Availability: z.string() }),
    Status: z.object({ State: z.string() }),
    Description: z
      .object({ Resources: z.object({ NanoCPUs: z.number(), MemoryBytes: z.number() }) })
      .nullish(),
  }),
)

/** What a machine can have at most: the largest node that is ready and takes tasks; nothing when there is none. */
export async function largestNode(docker: Docker): Promise<HostSize> {
  const nodes = nodesSchema.parse(await docker.listNodes())
  const sizes = nodes.flatMap(({ Spec, Status, Description }) => {
    if (Spec.Availability !== 'active' || Status.State !== 'ready' || !Description) return []
    const { NanoCPUs, MemoryBytes } = Description.Resources
    return [{ cpus: NanoCPUs / 1e9, memoryBytes: MemoryBytes }]
  })
  return sizes.toSorted((a, b) => b.memoryBytes - a.memoryBytes)[0] ?? { cpus: 0, memoryBytes: 0 }
}
