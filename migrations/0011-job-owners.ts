import { type Kysely, sql } from 'kysely'

/**
 * Who answers for a job, as its events say; and recording events of jobs that are all known does
 * without an insert that would insert nothing.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(owners).execute(db)
  await sql.raw(record).execute(db)
}

const owners = `
ALTER TABLE pipecast.job ADD COLUMN owners jsonb, ADD COLUMN owned_at timestamptz;
COMMENT ON COLUMN pipecast.job.owners IS 'Names of who answers for it, of the newest event that says so.';
`

/**
 * As before, but for the owners and for the first statement: its set-up, with all the checks of a
 * job, costs more than a look at the ids. A job that is deleted in between fails the foreign key, as it did before.
 */
const record = `
CREATE OR REPLACE FUNCTION pipecast.record_run_events(events jsonb) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  job_ids uuid[] := ARRAY(
    SELECT DISTINCT pipecast.job_id(namespace, name)
    FROM jsonb_to_recordset(events) AS e (namespace text, name text));
  run_ids uuid[] := ARRAY(
    SELECT DISTINCT run_id FROM jsonb_to_recordset(events) AS e (run_id uuid));
BEGIN
  IF EXISTS (
    SELECT 1 FROM unnest(job_ids) AS named (id)
    WHERE NOT EXISTS (SELECT 1 FROM pipecast.job WHERE job.id = named.id)
  ) OR jsonb_path_exists(events, '$[*].parent_name') THEN
    INSERT INTO pipecast.job (id, namespace, name)
    SELECT DISTINCT pipecast.job_id(j.namespace, j.name), j.namespace, j.name
    FROM (
      SELECT namespace, name FROM jsonb_to_recordset(events) AS e (namespace text, name text)
      UNION
      SELECT parent_namespace, parent_name
      FROM jsonb_to_recordset(events) AS e (parent_namespace text, parent_name text)
      WHERE parent_name IS NOT NULL
    ) AS j
    ORDER BY 1
    ON CONFLICT (id) DO NOTHING;
  END IF;

  IF jsonb_path_exists(events, '$[*] ? (@.processing_type == "STREAMING" || exists(@.description)
    || exists(@.owners))')
  THEN
    PERFORM 1 FROM pipecast.job WHERE id = ANY (job_ids) ORDER BY id FOR NO KEY UPDATE;

    UPDATE pipecast.job AS j SET processing_type = 'STREAMING'
    FROM jsonb_to_recordset(events) AS e (namespace text, name text, processing_type text)
    WHERE e.processing_type = 'STREAMING' AND j.id = pipecast.job_id(e.namespace, e.name)
      AND j.processing_type <> 'STREAMING';

    UPDATE pipecast.job AS j SET description = e.description, described_at = e.at
    FROM (
      SELECT DISTINCT ON (namespace, name) namespace, name, at, description
      FROM jsonb_to_recordset(events)
        AS e (namespace text, name text, at timestamptz, description text)
      WHERE description IS NOT NULL
      ORDER BY namespace, name, at DESC, description COLLATE "C" DESC
    ) AS e
    WHERE j.id = pipecast.job_id(e.namespace, e.name)
      AND (j.described_at IS NULL
        OR (e.at, e.description COLLATE "C") > (j.described_at, j.description COLLATE "C"));

    UPDATE pipecast.job AS j SET owners = e.owners, owned_at = e.at
    FROM (
      SELECT DISTINCT ON (namespace, name) namespace, name, at, owners
      FROM jsonb_to_recordset(events) AS e (namespace text, name text, at timestamptz, owners jsonb)
      WHERE owners IS NOT NULL
      ORDER BY namespace, name, at DESC, owners::text COLLATE "C" DESC
    ) AS e
    WHERE j.id = pipecast.job_id(e.namespace, e.name)
      AND (j.owned_at IS NULL
        OR (e.at, e.owners::text COLLATE "C") > (j.owned_at, j.owners::text COLLATE "C"));
  END IF;

  INSERT INTO pipecast.run_event (id, run_id, received_at, event)
  SELECT DISTINCT ON (e.id) decode(e.id, 'hex'), e.run_id, clock_timestamp(), e.raw
  FROM jsonb_to_recordset(events) AS e (id text, run_id uuid, raw jsonb)
  WHERE e.raw IS NOT NULL
  ORDER BY e.id
  ON CONFLICT (id) DO NOTHING;

  PERFORM 1 FROM pipecast.run WHERE run_id = ANY (run_ids) ORDER BY run_id FOR UPDATE;

  job_ids := job_ids || ARRAY(
    SELECT job_id FROM pipecast.run WHERE run_id = ANY (run_ids) AND job_id <> ALL (job_ids));
  PERFORM 1 FROM pipecast.job_summary WHERE job_id = ANY (job_ids) ORDER BY job_id FOR UPDATE;

  WITH incoming AS (
    SELECT e.*, decode(e.id, 'hex') AS event_id, pipecast.job_id(e.namespace, e.name) AS job_id,
      pipecast.job_id(e.parent_namespace, e.parent_name) AS parent_job_id,
      CASE WHEN e.type IN ('COMPLETE', 'FAIL', 'ABORT') THEN 2
        WHEN e.type IN ('START', 'RUNNING') THEN 1 ELSE 0 END::smallint AS class,
      CASE e.type WHEN 'FAIL' THEN 3 WHEN 'ABORT' THEN 2 WHEN 'COMPLETE' THEN 1
        ELSE 0 END::smallint AS rank,
      CASE e.type WHEN 'COMPLETE' THEN 'COMPLETED' WHEN 'FAIL' THEN 'FAILED'
        WHEN 'ABORT' THEN 'ABORTED' WHEN 'START' THEN 'RUNNING' WHEN 'RUNNING' THEN 'RUNNING'
        ELSE 'NEW' END AS state
    FROM jsonb_to_recordset(events) AS e (
      id text, namespace text, name text, run_id uuid, type text, at timestamptz,
      parent_run_id uuid, parent_namespace text, parent_name text, root_run_id uuid,
      nominal_start_at timestamptz, nominal_end_at timestamptz, error text,
      rows_written bigint, bytes_written bigint, exit_code integer, log_tail text,
      progress_done bigint, progress_total bigint)
  ), decisive AS (
    SELECT DISTINCT ON (run_id) run_id, job_id, state, class, at, rank, event_id, error, exit_code
    FROM incoming ORDER BY run_id, class DESC, at DESC, rank DESC, event_id DESC
  ), logged AS (
    SELECT DISTINCT ON (run_id) run_id, log_tail, at AS log_at
    FROM incoming WHERE log_tail IS NOT NULL
    ORDER BY run_id, at DESC, log_tail COLLATE "C" DESC
  ), merged AS (
    SELECT run_id, min(at) AS first_event_at, max(at) AS last_event_at,
      bool_or(type = 'START') AS has_start,
      coalesce(min(at) FILTER (WHERE type = 'START'), min(at)) AS started_at,
      max(parent_run_id::text)::uuid AS parent_run_id,
      max(parent_job_id::text)::uuid AS parent_job_id,
      max(root_run_id::text)::uuid AS root_run_id,
      min(nominal_start_at) AS nominal_start_at, max(nominal_end_at) AS nominal_end_at,
      max(rows_written) AS rows_written, max(bytes_written) AS bytes_written,
      max(at) FILTER (WHERE rows_written > 0) AS rows_written_at,
      max(progress_done) AS progress_done, max(progress_total) AS progress_total
    FROM incoming GROUP BY run_id
  )
  INSERT INTO pipecast.run AS r (
    run_id, job_id, state, decided_class, decided_at, decided_rank, decided_by, ended_at,
    error_message, exit_code, first_event_at, last_event_at, last_received_at, has_start, started_at,
    parent_run_id, parent_job_id, root_run_id, nominal_start_at, nominal_end_at,
    rows_written, rows_written_at, bytes_written, progress_done, progress_total, log_tail, log_at)
  SELECT d.run_id, d.job_id, d.state, d.class, d.at, d.rank, d.event_id,
    CASE WHEN d.class = 2 THEN d.at END, CASE WHEN d.class = 2 THEN d.error END,
    CASE WHEN d.class = 2 THEN d.exit_code END,
    m.first_event_at, m.last_event_at, clock_timestamp(), m.has_start, m.started_at,
    m.parent_run_id, m.parent_job_id, m.root_run_id, m.nominal_start_at, m.nominal_end_at,
    m.rows_written, m.rows_written_at, m.bytes_written, m.progress_done, m.progress_total,
    l.log_tail, l.log_at
  FROM decisive AS d JOIN merged AS m USING (run_id) LEFT JOIN logged AS l USING (run_id)
  ORDER BY d.run_id
  ON CONFLICT (run_id) DO UPDATE SET
    (job_id, state, decided_class, decided_at, decided_rank, decided_by, ended_at, error_message,
      exit_code)
    = (SELECT job_id, state, class, at, rank, by, ended_at, error, code
       FROM (VALUES
         (r.job_id, r.state, r.decided_class, r.decided_at, r.decided_rank, r.decided_by,
          r.ended_at, r.error_message, r.exit_code),
         (excluded.job_id, excluded.state, excluded.decided_class, excluded.decided_at,
          excluded.decided_rank, excluded.decided_by, excluded.ended_at, excluded.error_message,
          excluded.exit_code)
       ) AS candidate (job_id, state, class, at, rank, by, ended_at, error, code)
       ORDER BY class DESC, at DESC, rank DESC, by DESC LIMIT 1),
    first_event_at = least(r.first_event_at, excluded.first_event_at),
    last_event_at = greatest(r.last_event_at, excluded.last_event_at),
    last_received_at = greatest(r.last_received_at, excluded.last_received_at),
    has_start = r.has_start OR excluded.has_start,
    started_at = CASE
      WHEN r.has_start = excluded.has_start THEN least(r.started_at, excluded.started_at)
      WHEN r.has_start THEN r.started_at
      ELSE excluded.started_at END,
    parent_run_id = greatest(r.parent_run_id, excluded.parent_run_id),
    parent_job_id = greatest(r.parent_job_id, excluded.parent_job_id),
    root_run_id = greatest(r.root_run_id, excluded.root_run_id),
    nominal_start_at = least(r.nominal_start_at, excluded.nominal_start_at),
    nominal_end_at = greatest(r.nominal_end_at, excluded.nominal_end_at),
    rows_written = greatest(r.rows_written, excluded.rows_written),
    rows_written_at = greatest(r.rows_written_at, excluded.rows_written_at),
    bytes_written = greatest(r.bytes_written, excluded.bytes_written),
    progress_done = greatest(r.progress_done, excluded.progress_done),
    progress_total = greatest(r.progress_total, excluded.progress_total),
    (log_tail, log_at) = (SELECT tail, at
       FROM (VALUES (r.log_tail, r.log_at), (excluded.log_tail, excluded.log_at))
         AS candidate (tail, at)
       ORDER BY at DESC NULLS LAST, tail COLLATE "C" DESC LIMIT 1);

  IF EXISTS (SELECT 1 FROM pipecast.run WHERE job_id = ANY (job_ids) AND state = 'MISSED') THEN
    PERFORM pipecast.heal_missed_runs(run_ids);
  END IF;
END $$;
`
