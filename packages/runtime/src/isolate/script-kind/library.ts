import { e4xHint } from '@openzimki/core'
import { ask } from '../door.ts'
import type { HostDoor } from '../host-door.ts'

/** `zimki.library.require`: each file runs once per context, as a global script (ZIMKI-API section 6). */
export function libraryApi(door: HostDoor): object {
  const required = new Set<string>()
  return {
    require: (first: unknown, second?: unknown) => {
      const [realm, file] = second === undefined ? [null, String(first)] : [String(first), String(second)]
      const key = `${realm ?? ''}/${file}`
      if (required.has(key)) return
      const { source, name } = ask(door, 'library.source', { realm, file }) as {
        source: string
        name: string
      }
      required.add(key)
      runGlobal(source, name)
    },
  }
}

/** Indirect eval: sloppy, in the global scope, with the file's name in stacks. */
export function runGlobal(source: string, name: string): unknown {
  try {
    // biome-ignore lint/security/noGlobalEval: this is the language feature that a global script needs
    // biome-ignore lint/complexity/noCommaOperator: the comma makes the eval indirect
    return (0, eval)(`${source}\n//# sourceURL=${name.replace(/[\r\n]/g, ' ')}`)
  } catch (error) {
    if (error instanceof SyntaxError) error.message += e4xHint(error.message, source)
    throw error
  }
}
