import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto'
import { PlatformError } from '@openzimki/core'
import { type Operation, WithBytes } from './operation.ts'

const MAX_RANDOM_BYTES = 65_536
const MAX_LOG_BYTES_PER_REQUEST = 64 * 1024
const MAX_LOG_LINE = 8 * 1024
const LEVELS = ['debug', 'info', 'warn', 'error'] as const

/** The small things: texts of the deployment, digests, randomness, the log. */
export const realmOperations: Record<string, Operation> = {
  /** `digest`: it is a file that programs may replace; whoever kept what it made of it names that as `known` the next time. */
  'template.source': async ({ realm, params }) => {
    const name = String(params.name)
    const { templates } = await realm.artifact
    const template = templates.find((candidate) => candidate.name === name)
    if (template) return { source: template.source }
    const file = realm.files.get(name)
    if (!file) throw new PlatformError('NOT_FOUND', `there is no template or file "${name}" in this realm`)
    if (file.id !== null && file.digest === params.known) return { known: file.digest }
    const source = (await realm.files.whole(file)).toString('utf8')
    return file.id === null ? { source } : { source, digest: file.digest }
  },
  digest: ({ params }) => {
    const algorithm = String(params.algorithm)
    if (!['md5', 'sha1', 'sha256'].includes(algorithm))
      throw new PlatformError('INVALID_ARGUMENT', `unknown digest "${algorithm}"`)
    const hash = typeof params.key === 'string' ? createHmac(algorithm, params.key) : createHash(algorithm)
    return { hex: hash.update(String(params.text)).digest('hex') }
  },
  uuid: () => ({ uuid: randomUUID() }),
  random: ({ params }) => {
    const size = Number(params.size)
    if (!Number.isInteger(size) || size < 0 || size > MAX_RANDOM_BYTES)
      throw new PlatformError('INVALID_ARGUMENT', `at most ${MAX_RANDOM_BYTES} random bytes at once`)
    return new WithBytes(null, randomBytes(size))
  },
  log: ({ realm, request, params }) => {
    const line = String(params.text).slice(0, MAX_LOG_LINE)
    const level = LEVELS.find((known) => known === params.level) ?? 'info'
    if (request) {
      const before = request.logBytes
      request.logBytes += line.length
      if (request.logBytes > MAX_LOG_BYTES_PER_REQUEST) {
        if (before <= MAX_LOG_BYTES_PER_REQUEST)
          realm.log({
            request: request.head.id,
            level: 'warn',
            text: 'this request logs too much: the rest is dropped',
          })
        return null
      }
    }
    realm.log({ request: request?.head.id ?? null, level, text: line })
    return null
  },
}
