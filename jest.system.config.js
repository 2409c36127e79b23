import base from './jest.config.js'

/** `npm run test:system`: whole programs under kills, hangs and crowds. They need no more than `npm test`, and take minutes. */
export default {
  ...base,
  testMatch: ['**/*.system.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
}
