import { realmLimits } from '@openzimki/api'
import { isAlias, isClassName, PlatformError } from '@openzimki/core'
import { z } from 'zod'
import { buildFailure } from './build-failure.ts'
import { nearestWord } from './nearest-word.ts'

const limits = realmLimits.partial()
const limitKeys = Object.keys(realmLimits.shape)

const schedule = z.strictObject({ cron: z.string().min(1), function: z.string().min(1) })

const shape = {
  $schema: z.string().optional(),
  name: z
    .string()
    .refine(
      isAlias,
      'must be lower-case letters, digits and hyphens, at most 63, and no word of the platform such as "api"',
    )
    .optional(),
  type: z.enum(['script', 'module']).default('script'),
  main: z.string().min(1).optional(),
  classes: z
    .array(z.string().refine(isClassName, 'must be a name that JavaScript accepts, such as "Page"'))
    .default([]),
  env: z.record(z.string(), z.string()).default({}),
  limits: limits.default({}),
  schedules: z.array(schedule).default([]),
  shared: z.array(z.string().min(1)).default([]),
}

const realmJson = z
  .strictObject(shape)
  .refine((realm) => realm.type !== 'module' || realm.main !== undefined, {
    path: ['main'],
    message: 'is needed by a realm of type "module": the path of its entry, such as "src/main.ts"',
  })
  .refine((realm) => realm.type === 'module' || realm.main === undefined, {
    path: ['main'],
    message: 'is for realms of type "module"; a script realm runs javascript/*.js in name order',
  })

export type RealmJson = z.infer<typeof realmJson>

/**
 * Reads the text of a realm.json. Errors: INVALID_ARGUMENT, one line for each fault as `file:line: what`, with the nearest known key
 * for an unknown one.
 */
export async function parseRealmJson(text: string, file: string): Promise<RealmJson> {
  const result = realmJson.safeParse(await parseJson(text, file))
  if (result.success) return result.data
  const lines = result.error.issues.flatMap((issue) => describeIssue(issue, text, file))
  throw new PlatformError('INVALID_ARGUMENT', lines.join('\n'), { details: { file } })
}

async function parseJson(text: string, file: string): Promise<unknown> {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw (
      (await placedFault(text, file)) ??
      new PlatformError('INVALID_ARGUMENT', `${file}: ${(cause as Error).message}`, { cause })
    )
  }
}

/** JSON.parse does not say where; the bundler's JSON reader does. */
async function placedFault(text: string, file: string): Promise<PlatformError | undefined> {
  const { transform } = await import('esbuild')
  try {
    await transform(text, { loader: 'json', sourcefile: file, logLevel: 'silent' })
    return undefined
  } catch (error) {
    const failure = buildFailure(error, '.')
    return (
      failure &&
      new PlatformError('INVALID_ARGUMENT', `not valid JSON\n${failure.message}`, {
        details: failure.details,
      })
    )
  }
}

function describeIssue(issue: z.core.$ZodIssue, text: string, file: string): string[] {
  const path = issue.path.map(String)
  if (issue.code !== 'unrecognized_keys') {
    const what = path.length === 0 ? 'the whole' : `"${path.join('.')}"`
    return [`${file}${lineOf(path[0], text)}: ${what}: ${issue.message}`]
  }
  const known = knownKeys(path[0])
  return issue.keys.map((key) => {
    const near = nearestWord(key, known)
    const advice = near ? `Did you mean "${near}"?` : `Known keys are ${known.join(', ')}.`
    return `${file}${lineOf(key, text)}: unknown key "${[...path, key].join('.')}". ${advice}`
  })
}

function knownKeys(parent: string | undefined): string[] {
  if (parent === 'limits') return limitKeys
  if (parent === 'schedules') return Object.keys(schedule.shape)
  return Object.keys(shape).filter((key) => !key.startsWith('$'))
}

/** `:7` when the key can be found in the text: near enough for a person, without a parser that keeps positions. */
function lineOf(key: string | undefined, text: string): string {
  const at = key === undefined ? -1 : text.indexOf(JSON.stringify(key))
  return at < 0 ? '' : `:${text.slice(0, at).split('\n').length}`
}
