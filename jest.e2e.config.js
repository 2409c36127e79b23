import base from './jest.config.js'

/** Whole platforms with machines on other hosts: `npm run e2e:machines`. They take minutes, and need root, dockerd, iptables and sshd. */
export default {
  ...base,
  testMatch: ['**/*.e2e.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  testTimeout: 180_000,
  maxWorkers: 1,
}
