import fc from 'fast-check'
import type pg from 'pg'

/** The jobs that stories tell of. */
export const JOBS = ['extract', 'load'] as const

/** What a job has behind it when a story begins: one run a minute, until shortly before 08:00. */
export interface JobPast {
  readonly runs: number
  /** The letters of the states of the runs, in turn, from the newest backwards. */
  readonly pattern: string
  /** So many runs in a row are attempts of one thing; 1 has no parent runs. */
  readonly attempts: number
  /** Which of the runs know of a parent job. */
  readonly parentJob: 'none' | 'all' | 'oldest'
}

/** Pasts just below each limit: 10 and 30 successes, 90 that count, 500 that are looked at. */
export const pasts: fc.Arbitrary<JobPast> = fc.record({
  runs: fc.constantFrom(0, 8, 9, 29, 30, 88, 89, 90, 498, 499),
  pattern: fc.constantFrom('c', 'c', 'c', 'a', 'ccr', 'ccf', 'f', 'M'),
  attempts: fc.constantFrom(1, 1, 7),
  parentJob: fc.constantFrom('none', 'all', 'oldest'),
})

/** Writes that past, in one statement. */
export async function fillJob(pool: pg.Pool, name: string, past: JobPast): Promise<void> {
  await pool.query(
    `INSERT INTO pipecast.job (id, namespace, name)
     SELECT pipecast.job_id('default', n), 'default', n FROM unnest($1::text[]) AS n
     ON CONFLICT DO NOTHING`,
    [[name, 'nightly']],
  )
  await pool.query(
    `INSERT INTO pipecast.run (run_id, job_id, state, started_at, ended_at, last_received_at,
       has_start, decided_class, decided_at, decided_rank, decided_by, first_event_at,
       last_event_at, parent_run_id, parent_job_id)
     SELECT gen_random_uuid(), pipecast.job_id('default', $1), state, started_at,
       CASE WHEN state <> 'RUNNING' THEN started_at + nth * interval '100 ms' END, started_at,
       true, CASE state WHEN 'RUNNING' THEN 1 ELSE 2 END, started_at, 0, '', started_at, started_at,
       CASE WHEN $4 > 1 THEN md5($1 || (nth - 1) / $4)::uuid END,
       CASE WHEN $5 = 'all' OR ($5 = 'oldest' AND nth = $2)
         THEN pipecast.job_id('default', 'nightly') END
     FROM (
       SELECT nth, timestamptz '2026-01-28 08:00Z' - nth * interval '1 minute' AS started_at,
         CASE substr($3, (nth - 1) % length($3) + 1, 1) WHEN 'c' THEN 'COMPLETED' WHEN 'f' THEN 'FAILED'
           WHEN 'a' THEN 'ABORTED' WHEN 'r' THEN 'RUNNING' ELSE 'MISSED' END AS state
       FROM generate_series(1, $2::int) AS nth
     ) AS past`,
    [name, past.runs, past.pattern, past.attempts, past.parentJob],
  )
}
