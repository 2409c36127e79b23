import { spawnSync } from 'node:child_process'
import base, { SERVER_TESTS } from './jest.config.js'

/** `npm run test:servers`: tests on other people's servers, which start them themselves. By the middle word of their names. */
const answers = (program, argument = '--version') => spawnSync(program, [argument]).status === 0
const SERVERS = {
  engine: {
    isHere: process.getuid?.() === 0 && answers('dockerd'),
    needs: 'Docker engines are started by root, and need dockerd.',
  },
}

const missing = SERVER_TESTS.filter((name) => !SERVERS[name].isHere)
for (const name of missing) {
  if (process.env.OPENZIMKI_SERVERS === 'required') throw new Error(SERVERS[name].needs)
  process.stderr.write(`${SERVERS[name].needs} The tests *.${name}.test.ts are left out.\n`)
}

export default {
  ...base,
  testMatch: SERVER_TESTS.filter((name) => !missing.includes(name)).map((name) => `**/*.${name}.test.ts`),
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
}
