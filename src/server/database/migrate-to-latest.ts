import { type Kysely, Migrator, sql } from 'kysely'
import { migrations } from '../../../migrations/index.js'
import { newerMigrations } from './newer-migrations.js'
import type { Schema } from './schema.js'

/** A migration failed; nothing of it, or of those before it, was kept. `cause` is what Postgres said. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
  readonly code = 'MIGRATION_FAILED'
}

/** The key of the advisory lock under which the schema is made: "pipecast" on a telephone. */
const SCHEMA_LOCK = 74_732_278

/** What became of the schema. */
export interface MigratedSchema {
  /** The migrations that this call applied. */
  readonly applied: readonly string[]
  /** Those that a newer version has applied before; this version runs on their result. */
  readonly newer: readonly string[]
}

/**
 * Brings the schema `pipecast` up to date. Safe when several processes start at once: one works,
 * the others wait and find nothing left to do.
 * All that is pending runs in one transaction: when one fails, nothing of any is kept.
 *
 * @throws MigrationError when one fails, or the database has another history than this version.
 */
export async function migrateToLatest(kysely: Kysely<Schema>): Promise<MigratedSchema> {
  try {
    await createSchema(kysely)
    const newer = await readNewer(kysely)
    if (newer.length > 0) return { applied: [], newer }
    return await applyPending(kysely)
  } catch (error) {
    throw new MigrationError(
      `the database could not be migrated: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}

async function applyPending(kysely: Kysely<Schema>): Promise<MigratedSchema> {
  const migrator = new Migrator({
    db: kysely,
    provider: { getMigrations: () => Promise.resolve(migrations) },
    migrationTableSchema: 'pipecast',
    migrationTableName: 'migration',
    migrationLockTableName: 'migration_lock',
    // By their names they were found in order; by the clocks of several machines they may not be.
    allowUnorderedMigrations: true,
  })
  const { error, results } = await migrator.migrateToLatest()
  if (!(error instanceof Error)) {
    const applied = (results ?? []).filter((result) => result.status === 'Success')
    return { applied: applied.map((result) => result.migrationName), newer: [] }
  }
  // A newer version may have had its turn while this one waited for it.
  const newer = await readNewer(kysely)
  if (newer.length > 0) return { applied: [], newer }
  throw error
}

async function readNewer(kysely: Kysely<Schema>): Promise<readonly string[]> {
  const remembering = await sql`
    SELECT 1 FROM pg_tables WHERE schemaname = 'pipecast' AND tablename = 'migration'`.execute(
    kysely,
  )
  if (remembering.rows.length === 0) return []
  const { rows } = await sql<{ name: string }>`SELECT name FROM pipecast.migration`.execute(kysely)
  return newerMigrations(
    rows.map(({ name }) => name),
    Object.keys(migrations),
  )
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
