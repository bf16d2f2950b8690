import { Migrator, sql } from 'kysely'
import { migrations } from '../../migrations/index.js'
import { openDatabase } from '../../src/server/database/open-database.js'

/**
 * Puts the schema of an older version into a test database.
 *
 * @param before - the name of the first migration that this version does not know.
 * @returns the names of those that are pending.
 */
export async function makeOlderSchema(
  connectionString: string,
  before: string,
): Promise<readonly string[]> {
  const known = Object.entries(migrations).filter(([name]) => name < before)
  const database = openDatabase({ connectionString, poolMax: 1 })
  try {
    await sql`DROP SCHEMA pipecast CASCADE`.execute(database.kysely)
    const migrator = new Migrator({
      db: database.kysely,
      provider: { getMigrations: () => Promise.resolve(Object.fromEntries(known)) },
      migrationTableSchema: 'pipecast',
      migrationTableName: 'migration',
      migrationLockTableName: 'migration_lock',
    })
    const { error } = await migrator.migrateToLatest()
    if (error instanceof Error) throw error
  } finally {
    await database.close()
  }
  return Object.keys(migrations).filter((name) => name >= before)
}
