import { bootWith, leaveBoot, MODULE_NAMESPACE_GLOBAL } from './boot.ts'
import { moduleEnv } from './module-env/module-env.ts'
import { createModuleKind } from './module-kind/index.ts'

leaveBoot(
  bootWith((door) => {
    const kind = createModuleKind({ door: () => door, global: globalThis })
    return (event, request, payload, bytes) => {
      if (event !== 'start') {
        kind.enter(event, request, payload, bytes)
        return
      }
      const module = Reflect.get(globalThis, MODULE_NAMESPACE_GLOBAL) as { default: unknown }
      Reflect.deleteProperty(globalThis, MODULE_NAMESPACE_GLOBAL)
      const { env } = JSON.parse(payload) as { env: Record<string, string> }
      kind.start(module, moduleEnv(door, env))
    }
  }),
)
