import { PlatformError } from '@openzimki/core'
import type { Knex } from 'knex'

/** One change of a schema. */
export interface MigrationStep {
  name: string
  up(db: Knex): Promise<void>
}

/**
 * Takes a schema through the steps that it has not seen, in order; no file is looked for, so it works from a bundle too. UNSUPPORTED when
 * it has seen one that is not among these: a newer release has had it, and nothing is changed.
 */
export async function migrateForward(db: Knex, steps: readonly MigrationStep[]): Promise<void> {
  await refuseNewer(db, steps)
  await db.migrate.latest({
    migrationSource: {
      getMigrations: async () => [...steps],
      getMigrationName: ({ name }: MigrationStep) => name,
      getMigration: async ({ up }: MigrationStep) => ({
        up,
        down: async () => {
          throw new Error('migrations only go forward; restore a backup to go back')
        },
      }),
    },
  })
}

async function refuseNewer(db: Knex, steps: readonly MigrationStep[]): Promise<void> {
  if (!(await db.schema.hasTable('knex_migrations'))) return
  const seen: string[] = await db('knex_migrations').orderBy('id').pluck('name')
  const unknown = seen.find((name) => !steps.some((step) => step.name === name))
  if (unknown === undefined) return
  throw new PlatformError(
    'UNSUPPORTED',
    `the state was written by a newer release of OpenZimki (its schema has ${unknown}, which this one does not know). Start that release, or restore a backup from before it`,
  )
}
