export { openEngine } from '../connection/open-engine.ts'
export { EngineProcess, ensureTestImage } from './engine-process.ts'
export { type MachineEngine, startMachineEngine } from './machine-engine.ts'
export { containersOn, TEST_COMMAND, TEST_IMAGE, TEST_SIZES, testConfig } from './test-engine.ts'
