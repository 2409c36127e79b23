import { z } from 'zod'
import type { Cloud } from '../cloud/cloud.ts'
import { flag, parseParameters } from './parameters.ts'
import type { QueryTree } from './query-tree.ts'
import type { XmlTree } from './xml.ts'

export type Answer = Record<string, XmlTree>

/** A request that was read and found to be right, before anything is done. */
export interface Prepared {
  dryRun: boolean
  /** What the caller must be allowed, beyond the action itself. */
  alsoNeeds: string[]
  run(cloud: Cloud): Promise<Answer>
}

export type Action = (tree: Record<string, QueryTree>) => Prepared

/** An action of the API: which parameters it takes, and what it does. */
export function action<T extends z.ZodRawShape>(
  shape: T,
  run: (cloud: Cloud, parameters: z.output<z.ZodObject<T>>) => Answer | Promise<Answer>,
  alsoNeeds: (parameters: z.output<z.ZodObject<T>>) => string[] = () => [],
): Action {
  const schema = z.strictObject({ ...shape, DryRun: flag.optional() })
  return (tree) => {
    const parameters = parseParameters(schema, tree)
    const own = parameters as unknown as z.output<z.ZodObject<T>>
    return {
      dryRun: (parameters as { DryRun?: boolean }).DryRun === true,
      alsoNeeds: alsoNeeds(own),
      run: async (cloud) => run(cloud, own),
    }
  }
}
