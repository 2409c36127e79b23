export { createModuleKind, type ModuleKind } from './create-module-kind.ts'
