import type { HealthStatus } from '../../src/protocol/index.js'
import type { Database } from '../../src/server/database/open-database.js'
import { createScheduleReader } from '../../src/server/status/schedule.js'
import { readJobs } from '../../src/server/status/status.queries.js'
import { type SweeperOptions, sweepOnce } from '../../src/server/status/sweeper.js'
import {
  readKnownStatuses,
  timeOutRuns,
  writeSweep,
} from '../../src/server/status/sweeper.queries.js'

/** What a sweeper of this database is made of; it removes nothing. */
export function sweeperOptions({ kysely }: Database, now: () => Date): SweeperOptions {
  return {
    readJobs: () => readJobs(kysely),
    readKnown: () => readKnownStatuses(kysely),
    timeOut: (instant) => timeOutRuns(kysely, instant),
    write: (sweep, moment) => writeSweep(kysely, sweep, moment),
    removals: [],
    now,
    nextTick: createScheduleReader(),
    log: { warn: () => undefined },
  }
}

/**
 * Sweeps once, as if it were that instant.
 *
 * @param now - milliseconds since the epoch.
 * @param changed - parts of the sweeper that a test puts in the place of the real ones.
 */
export async function sweepOf(
  database: Database,
  now: number,
  changed: Partial<SweeperOptions> = {},
): Promise<number | null> {
  const known = new Map<string, HealthStatus>(await readKnownStatuses(database.kysely))
  const options = { ...sweeperOptions(database, () => new Date(now)), ...changed }
  return sweepOnce(options, known, new AbortController().signal)
}

/** The state and the start of each run of a job of `default`, by start: `MISSED 13:00`. */
export async function runsOf({ pool }: Database, name: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ state: string; started: string }>(
    `SELECT state, to_char(started_at AT TIME ZONE 'UTC', 'HH24:MI') AS started
     FROM pipecast.run WHERE job_id = pipecast.job_id('default', $1) ORDER BY started_at`,
    [name],
  )
  return rows.map(({ state, started }) => `${state} ${started}`)
}
