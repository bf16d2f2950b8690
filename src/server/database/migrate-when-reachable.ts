import { keepTrying, type PassingFailure } from './keep-trying.js'
import { type MigratedSchema, migrateToLatest } from './migrate-to-latest.js'
import { openDatabase } from './open-database.js'

/**
 * While a migration waits for a table, everybody who comes later waits behind it. So it gives up
 * soon, and between two tries they all have their turn.
 */
const LOCK_TIMEOUT_MS = 3_000

/** Which database, how patiently, and whom to tell. */
export interface MigrationAttempts {
  readonly connectionString: string
  /** How long one statement, or the wait for another process that migrates, may take. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Hears what is waited for, and what Postgres said, once for each kind of failure in a row. */
  readonly onWait: (what: string, reason: string, failure: PassingFailure) => void
}

/**
 * Brings the schema up to date as soon as the database answers and nobody has locked its tables.
 *
 * @returns what was done; `null` when the signal fired first.
 * @throws MigrationError when the database answers but cannot be migrated.
 */
export async function migrateWhenReachable(
  attempts: MigrationAttempts,
): Promise<MigratedSchema | null> {
  let migrated: MigratedSchema | null = null
  await keepTrying({
    signal: attempts.signal,
    onFailure: (error, failure) => {
      attempts.onWait(WAITS[failure], (error as Error).message, failure)
    },
    attempt: async () => {
      migrated = await migrateOnce(attempts)
    },
  })
  return migrated
}

const WAITS: Readonly<Record<PassingFailure, string>> = {
  unavailable: 'the database is away; trying until it is back',
  conflict: 'another session was in the way; trying again',
  locked: 'another session holds a lock; trying until it lets go',
}

async function migrateOnce({
  connectionString,
  timeoutMs,
}: MigrationAttempts): Promise<MigratedSchema> {
  const patient = openDatabase({
    connectionString,
    poolMax: 1,
    timeoutMs,
    lockTimeoutMs: LOCK_TIMEOUT_MS,
  })
  try {
    return await migrateToLatest(patient.kysely)
  } finally {
    await patient.close()
  }
}
