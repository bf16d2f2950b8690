import { type Kysely, Migrator, sql } from 'kysely'
import { migrations } from '../../../migrations/index.js'
import type { Schema } from './schema.js'

/** A migration failed; nothing of it was kept. `cause` is what Postgres said. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
  readonly code = 'MIGRATION_FAILED'
}

/** The key of the advisory lock under which the schema is made: "pipecast" on a telephone. */
const SCHEMA_LOCK = 74_732_278

/**
 * Brings the schema `pipecast` up to date. Safe when several processes start at once: one works,
 * the others wait and find nothing left to do.
 *
 * @returns the names of the migrations that this call applied.
 * @throws MigrationError when one fails; all that ran before it stays.
 */
export async function migrateToLatest(
  kysely: Kysely<Schema>,
): Promise<{ readonly applied: readonly string[] }> {
  try {
    await createSchema(kysely)
    const migrator = new Migrator({
      db: kysely,
      provider: { getMigrations: () => Promise.resolve(migrations) },
      migrationTableSchema: 'pipecast',
      migrationTableName: 'migration',
      migrationLockTableName: 'migration_lock',
    })
    const { error, results } = await migrator.migrateToLatest()
    if (error instanceof Error) throw error
    const applied = (results ?? []).filter((result) => result.status === 'Success')
    return { applied: applied.map((result) => result.migrationName) }
  } catch (error) {
    throw new MigrationError(
      `the database could not be migrated: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}

/** CREATE SCHEMA IF NOT EXISTS alone fails when two processes run it at the same instant. */
async function createSchema(kysely: Kysely<Schema>): Promise<void> {
  await kysely.transaction().execute(async (transaction) => {
    await sql`SELECT pg_advisory_xact_lock(${SCHEMA_LOCK})`.execute(transaction)
    const found = await sql`SELECT 1 FROM pg_namespace WHERE nspname = 'pipecast'`.execute(
      transaction,
    )
    // Asked first, because a role that may not create a schema can still use one.
    if (found.rows.length === 0) await sql`CREATE SCHEMA pipecast`.execute(transaction)
  })
}
