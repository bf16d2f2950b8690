import { keepTrying } from './keep-trying.js'
import { migrateToLatest } from './migrate-to-latest.js'
import { openDatabase } from './open-database.js'

/** A migration, or the wait for another process that runs one, may take its time. */
const TIMEOUT_MS = 600_000

/** Where it is told what happens. */
interface MigrationLog {
  info(about: object, message: string): void
  warn(about: object, message: string): void
}

/**
 * Brings the schema up to date as soon as the database answers.
 *
 * @returns whether it was done; `false` when the signal fired first.
 * @throws MigrationError when the database answers but cannot be migrated.
 */
export async function migrateWhenReachable(
  connectionString: string,
  signal: AbortSignal,
  log: MigrationLog,
): Promise<boolean> {
  return keepTrying({
    signal,
    onUnavailable: (error) => {
      log.warn(
        { reason: (error as Error).message },
        'the database is away; trying until it is back',
      )
    },
    attempt: async () => {
      const patient = openDatabase({ connectionString, poolMax: 1, timeoutMs: TIMEOUT_MS })
      try {
        const { applied, newer } = await migrateToLatest(patient.kysely)
        if (applied.length > 0) log.info({ applied }, 'database migrated')
        if (newer.length > 0) log.warn({ newer }, 'a newer version has migrated the database')
      } finally {
        await patient.close()
      }
    },
  })
}
