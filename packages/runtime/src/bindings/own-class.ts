import { isClassName } from '@openzimki/core'

/** Classes of the program's own; the platform keeps its own under zimki_. */
export function isOwnClass(name: string): boolean {
  return isClassName(name) && !name.startsWith('zimki_')
}
