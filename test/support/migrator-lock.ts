import { type Kysely, sql } from 'kysely'

/** The key of the advisory lock under which Kysely lets one process at a time migrate. */
export const MIGRATOR_LOCK = '3853314791062309107'

/** What kind of lock some session of this database waits for. */
export async function waitingFor<Schema>(kysely: Kysely<Schema>): Promise<string | undefined> {
  const { rows } = await sql<{ kind: string }>`
    SELECT wait_event AS kind FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(kysely)
  return rows[0]?.kind
}
