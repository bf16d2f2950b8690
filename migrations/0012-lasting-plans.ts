import { type Kysely, sql } from 'kysely'

/**
 * Replacing a function forgets its settings: since then the plans of the function that records events,
 * made while the tables are small and kept, would read them whole when they have grown.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
      ALTER FUNCTION pipecast.record_run_events(jsonb) SET enable_seqscan = off;
      ALTER FUNCTION pipecast.record_run_events(jsonb) SET enable_bitmapscan = off;`)
    .execute(db)
}
