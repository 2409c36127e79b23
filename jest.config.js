import { spawnSync } from 'node:child_process'

/** `*.engine.test.ts` start Docker engines of their own. Without dockerd and root they are left out; CI demands them. */
const hasEngine = process.getuid?.() === 0 && spawnSync('dockerd', ['--version']).status === 0
if (!hasEngine) {
  const why = 'No Docker engine can be started here: dockerd and root are needed.'
  if (process.env.OPENZIMKI_ENGINE_TESTS === 'required') throw new Error(why)
  process.stderr.write(`${why} The tests *.engine.test.ts are left out.\n`)
}

/**
 * `*.instance.test.ts` boot EC2 instances of the simulator, which needs root and namespaces; `*.awscli.test.ts` run the AWS CLI. Elsewhere
 * they are left out; CI demands them.
 */
const runs = (program, ...args) => spawnSync(program, args).status === 0
const simulator = {
  instance: runs(
    'setpriv',
    'unshare',
    '--mount',
    '--net',
    '--pid',
    '--fork',
    'ip',
    'link',
    'set',
    'lo',
    'up',
  ),
  awscli: runs('sh', '-c', 'command -v "$0"', process.env.OPENZIMKI_AWS_CLI ?? 'aws'),
}
const leftOut = Object.keys(simulator).filter((name) => !simulator[name])
if (leftOut.length > 0) {
  const why = 'Root on Linux with unshare, setpriv and ip, or the AWS CLI (package awscli), is not here.'
  if (process.env.OPENZIMKI_AWS_TESTS === 'required') throw new Error(why)
  process.stderr.write(
    `${why} The tests ${leftOut.map((name) => `*.${name}.test.ts`).join(', ')} are left out.\n`,
  )
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
  testPathIgnorePatterns: [
    '/node_modules/',
    '/dist/',
    ...(hasEngine ? [] : ['\\.engine\\.test\\.ts$']),
    ...leftOut.map((name) => `\\.${name}\\.test\\.ts$`),
  ],
  modulePathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/jest-strip-types.js' },
  testTimeout: 30_000,
  maxWorkers: 2,
}
