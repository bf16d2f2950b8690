import type pg from 'pg'

/** Fills an empty database with jobs below 20 pipelines, and 30 days of their runs. */
export async function seedBoard(
  pool: pg.Pool,
  size: { readonly jobs: number; readonly runs: number },
): Promise<void> {
  await pool.query(
    `INSERT INTO pipecast.job (id, namespace, name, schedule_interval)
     SELECT pipecast.job_id('bench', 'job-' || n), 'bench', 'job-' || n, interval '2 hours'
     FROM generate_series(1, $1::int) AS n`,
    [size.jobs],
  )
  await pool.query(
    `INSERT INTO pipecast.run (run_id, job_id, parent_job_id, state, decided_class, decided_at,
       decided_rank, decided_by, first_event_at, last_event_at, last_received_at, has_start,
       started_at, ended_at, error_message, rows_written)
     SELECT gen_random_uuid(), pipecast.job_id('bench', 'job-' || job),
       CASE WHEN job > 20 THEN pipecast.job_id('bench', 'job-' || (job % 20 + 1)) END,
       CASE WHEN failed THEN 'FAILED' ELSE 'COMPLETED' END, 2, ended_at, 1, '\\x00', started_at,
       ended_at, ended_at, true, started_at, ended_at,
       CASE WHEN failed THEN 'connection refused by the upstream service' END, n % 1000
     FROM (
       SELECT n, n % $1::int + 1 AS job, random() < 0.03 AS failed, started_at,
         started_at + random() * interval '10 minutes' AS ended_at
       FROM (
         SELECT n, now() - interval '30 days' * (n::float8 / $2::int) AS started_at
         FROM generate_series(1, $2::int) AS n
       ) AS starts
     ) AS made`,
    [size.jobs, size.runs],
  )
  await pool.query('VACUUM ANALYZE')
}
