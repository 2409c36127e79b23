import { spawnSync } from 'node:child_process'

/** `*.engine.test.ts` start Docker engines of their own. Without dockerd and root they are left out; CI demands them. */
const hasEngine = process.getuid?.() === 0 && spawnSync('dockerd', ['--version']).status === 0
if (!hasEngine) {
  const why = 'No Docker engine can be started here: dockerd and root are needed.'
  if (process.env.OPENZIMKI_ENGINE_TESTS === 'required') throw new Error(why)
  process.stderr.write(`${why} The tests *.engine.test.ts are left out.\n`)
}

/** Tests stand beside the sources. TypeScript is run as it is: the transform only strips the types. */
export default {
  testEnvironment: 'node',
  roots: [
    '<rootDir>/packages',
    '<rootDir>/providers',
    '<rootDir>/scripts',
    '<rootDir>/examples',
    '<rootDir>/bench',
    '<rootDir>/chaos',
  ],
  testMatch: ['**/*.test.ts'],
  // Those of a command of their own: jest.e2e.config.js.
  testPathIgnorePatterns: [
    '/node_modules/',
    '/dist/',
    '\\.e2e\\.test\\.ts$',
    ...(hasEngine ? [] : ['\\.engine\\.test\\.ts$']),
  ],
  modulePathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/jest-strip-types.js' },
  testTimeout: 30_000,
  maxWorkers: 2,
}
