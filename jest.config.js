/** Kinds of tests that need a server or tool of somebody else's (`x.engine.test.ts`): see jest.servers.config.js. */
export const SERVER_TESTS = ['engine', 'postgres', 'moto', 'versity', 'instance', 'awscli', 'strace']

/** Kinds with a command of their own: `npm run test:system`, `npm run e2e:machines`. */
const OTHERS = ['system', 'e2e']

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
    '<rootDir>/e2e',
  ],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '/dist/',
    `\\.(?:${[...SERVER_TESTS, ...OTHERS].join('|')})\\.test\\.ts$`,
  ],
  modulePathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/jest-strip-types.js' },
  testTimeout: 30_000,
  maxWorkers: 2,
}
