import { bootWith, leaveBoot } from './boot.ts'
import { ScriptKind } from './script-kind/script-kind.ts'

leaveBoot(bootWith((door) => new ScriptKind(door, globalThis).enter))
