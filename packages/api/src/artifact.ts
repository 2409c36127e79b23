import { type Artifact, isClassName } from '@openzimki/core'
import { z } from 'zod'
import { digest, variableName } from './fields.ts'
import { realmLimits } from './limits.ts'

/** Bounds of one artifact. */
export const ARTIFACT_BOUNDS = {
  /** Scripts, templates, tests, bundle and source map together, as UTF-16 units. */
  codeChars: 25 * 1024 * 1024,
  files: 10_000,
  /** Files that other realms may require. */
  shared: 100,
  pathChars: 400,
  /** Of one published file. */
  fileBytes: 256 * 1024 * 1024,
} as const

/** Relative, normalised, printable: the same file on every system, and never outside its folder. */
export const isArtifactPath = (path: string): boolean =>
  path.length > 0 &&
  path.length <= ARTIFACT_BOUNDS.pathChars &&
  path === path.normalize('NFC') &&
  !/[\p{Cc}\p{Cs}\\]/u.test(path) &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')

const path = z
  .string()
  .refine(isArtifactPath, 'must be a relative path in NFC, without "..", "\\" or control characters')
const namedText = z.strictObject({ name: path, source: z.string() })
const unique = <T>(of: (item: T) => string) => {
  return (items: T[]) => new Set(items.map(of)).size === items.length
}
const named = z
  .array(namedText)
  .max(ARTIFACT_BOUNDS.files)
  .refine(
    unique((text: { name: string }) => text.name),
    'names must differ',
  )
const mimetype = z
  .string()
  .regex(/^[\w.+-]{1,80}\/[\w.+-]{1,80}(?:; ?charset=[\w.-]{1,40})?$/, 'must be a MIME type')
const file = z.strictObject({
  path,
  mimetype,
  digest,
  size: z.number().int().min(0).max(ARTIFACT_BOUNDS.fileBytes),
})

const shape = z.strictObject({
  format: z.literal(1),
  kind: z.enum(['script', 'module']),
  scripts: named,
  main: z.strictObject({ name: path, source: z.string(), map: z.string().optional() }).optional(),
  templates: named,
  tests: named,
  files: z
    .array(file)
    .max(ARTIFACT_BOUNDS.files)
    .refine(
      unique((item: { path: string }) => item.path),
      'paths must differ',
    ),
  classes: z.array(z.string().refine(isClassName, 'must be an identifier that is not reserved')).max(1000),
  env: z.record(variableName, z.string().max(64 * 1024)),
  limits: realmLimits.partial(),
  schedules: z.array(z.strictObject({ cron: z.string().max(200), function: z.string().max(200) })).max(100),
  shared: z.array(path).max(ARTIFACT_BOUNDS.shared),
}) satisfies z.ZodType<Artifact>

const codeChars = (artifact: Artifact): number =>
  [...artifact.scripts, ...artifact.templates, ...artifact.tests].reduce(
    (sum, text) => sum + text.source.length,
    (artifact.main?.source.length ?? 0) + (artifact.main?.map?.length ?? 0),
  )

/** An artifact from outside, within bounds. */
export const artifact = shape
  .refine((value) => (value.kind === 'module') === (value.main !== undefined), {
    path: ['main'],
    message: 'a module realm has a `main`, a script realm has none',
  })
  .refine((value) => codeChars(value) <= ARTIFACT_BOUNDS.codeChars, {
    path: ['scripts'],
    message: 'code, templates and tests together exceed 25 MiB',
  })
