import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.js'

/** A work queue as its owner reports it. */
export interface QueueReport {
  readonly name: string
  /** How many pieces of work wait. */
  readonly depth: number
  /** How many are being worked on. */
  readonly running: number
}

/** @returns whether there was such a queue. */
export async function removeQueue(kysely: Kysely<Schema>, name: string): Promise<boolean> {
  const { rows } =
    await sql`DELETE FROM pipecast.queue WHERE name = ${name} RETURNING name`.execute(kysely)
  return rows.length > 0
}

/**
 * Keeps what is reported of a queue; the newest report holds.
 *
 * @returns when it was taken.
 */
export async function replaceQueue(
  kysely: Kysely<Schema>,
  { name, depth, running }: QueueReport,
): Promise<Date> {
  const { rows } = await sql<{ updated_at: Date }>`
    INSERT INTO pipecast.queue (name, depth, running, updated_at)
    VALUES (${name}, ${depth}, ${running}, clock_timestamp())
    ON CONFLICT (name) DO UPDATE SET depth = excluded.depth, running = excluded.running,
      updated_at = excluded.updated_at
    RETURNING updated_at`.execute(kysely)
  const [row] = rows
  if (row === undefined) throw new Error('an upsert returned no row')
  return row.updated_at
}
