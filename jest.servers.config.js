import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import base, { SERVER_TESTS } from './jest.config.js'

const succeeds = (program, ...args) => spawnSync(program, args).status === 0
const isThere = (program) => succeeds('sh', '-c', 'command -v "$0"', program)

/** Debian keeps the programs of a server off the PATH. */
function hasPostgres() {
  const debian = '/usr/lib/postgresql'
  const releases = existsSync(debian) ? readdirSync(debian).map((release) => `${debian}/${release}/bin`) : []
  return [...releases, ...(process.env.PATH ?? '').split(':')].some((folder) =>
    existsSync(`${folder}/initdb`),
  )
}

/** By the middle word of a test's name: what it needs, and whether that is here. */
const SERVERS = {
  engine: {
    needs: 'dockerd and root (Debian: docker.io)',
    isHere: () => process.getuid?.() === 0 && succeeds('dockerd', '--version'),
  },
  postgres: { needs: 'the programs of a PostgreSQL server (Debian: postgresql)', isHere: hasPostgres },
  moto: {
    needs: 'moto (PyPI: moto[server,s3,ec2]), named by OPENZIMKI_MOTO_SERVER or on the PATH',
    isHere: () => isThere(process.env.OPENZIMKI_MOTO_SERVER ?? 'moto_server'),
  },
  versity: {
    needs: 'the Versity gateway, named by OPENZIMKI_VERSITYGW or on the PATH',
    isHere: () => isThere(process.env.OPENZIMKI_VERSITYGW ?? 'versitygw'),
  },
  instance: {
    needs: 'root on Linux with unshare, setpriv and ip, for simulated EC2 instances',
    isHere: () => succeeds(...'setpriv unshare --mount --net --pid --fork ip link set lo up'.split(' ')),
  },
  awscli: {
    needs: 'the AWS CLI (Debian: awscli)',
    isHere: () => isThere(process.env.OPENZIMKI_AWS_CLI ?? 'aws'),
  },
  strace: {
    needs: 'strace, and leave to trace (Debian: strace)',
    isHere: () => succeeds('strace', '-o', '/dev/null', 'true'),
  },
}

const missing = SERVER_TESTS.filter((name) => !SERVERS[name].isHere())
for (const name of missing) {
  const why = `The tests *.${name}.test.ts need ${SERVERS[name].needs}.`
  if (process.env.OPENZIMKI_SERVERS === 'required') throw new Error(why)
  process.stderr.write(`${why} They are left out.\n`)
}

/** `npm run test:servers`: tests on other people's servers, which they start themselves. */
export default {
  ...base,
  testMatch: SERVER_TESTS.filter((name) => !missing.includes(name)).map((name) => `**/*.${name}.test.ts`),
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
}
