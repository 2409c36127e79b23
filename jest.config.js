/** Tests stand beside the sources. TypeScript is run as it is: the transform only strips the types. */
export default {
  testEnvironment: 'node',
  roots: [
    '<rootDir>/packages',
    '<rootDir>/providers',
    '<rootDir>/scripts',
    '<rootDir>/examples',
    '<rootDir>/bench',
  ],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/jest-strip-types.js' },
  testTimeout: 30_000,
  maxWorkers: 2,
}
