import { bootWith, leaveBoot, MODULE_NAMESPACE_GLOBAL } from './boot.ts'
import type { IsolateDoor } from './door.ts'
import { moduleEnv } from './module-env/module-env.ts'
import { createModuleKind } from './module-kind/index.ts'

let door: IsolateDoor | null = null

// The web platform is put in place here, so that it is part of the snapshot and no isolate pays for it.
const kind = createModuleKind({ door: () => door!, global: globalThis })

function start(payload: string): void {
  const module = Reflect.get(globalThis, MODULE_NAMESPACE_GLOBAL) as { default: unknown }
  Reflect.deleteProperty(globalThis, MODULE_NAMESPACE_GLOBAL)
  const { env } = JSON.parse(payload) as { env: Record<string, string> }
  kind.start(module, moduleEnv(door!, env))
}

leaveBoot(
  bootWith((given) => {
    door = given
    return (event, request, payload, bytes) => {
      if (event === 'start') start(payload)
      else kind.enter(event, request, payload, bytes)
    }
  }),
)
