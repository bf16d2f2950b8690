import { migrateWhenReachable } from './migrate-when-reachable.js'

/** A migration, or the wait for another process that runs one, may take its time. */
const TIMEOUT_MS = 600_000

/** Where it is told what happens. */
interface MigrationLog {
  info(about: object, message: string): void
  warn(about: object, message: string): void
}

/**
 * Brings the schema up to date before anything is served from it, and tells of it in the log.
 *
 * @returns whether it was done; `false` when the signal fired first.
 * @throws MigrationError when the database answers but cannot be migrated.
 */
export async function migrateAtStart(
  connectionString: string,
  signal: AbortSignal,
  log: MigrationLog,
): Promise<boolean> {
  const migrated = await migrateWhenReachable({
    connectionString,
    timeoutMs: TIMEOUT_MS,
    signal,
    onWait: (what, reason) => log.warn({ reason }, what),
  })
  if (migrated === null) return false
  const { applied, newer } = migrated
  if (applied.length > 0) log.info({ applied }, 'database migrated')
  if (newer.length > 0) log.warn({ newer }, 'a newer version has migrated the database')
  return true
}
