import { type Kysely, sql } from 'kysely'

/** Jobs, their runs, the events behind the runs, and what the runs of a job add up to. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [jobs, runs, runEvents, jobSummaries, jobIds]) {
    await sql.raw(statement).execute(db)
  }
}

const jobs = `
CREATE TABLE pipecast.job (
  id uuid PRIMARY KEY,
  namespace text NOT NULL,
  name text NOT NULL,
  description text,
  described_at timestamptz,
  processing_type text NOT NULL DEFAULT 'BATCH' CHECK (processing_type IN ('BATCH', 'STREAMING')),
  schedule_interval interval CHECK (schedule_interval > interval '0'),
  schedule_cron text,
  timezone text NOT NULL DEFAULT 'UTC',
  grace interval NOT NULL DEFAULT '5 minutes' CHECK (grace >= interval '0'),
  max_runtime interval CHECK (max_runtime > interval '0'),
  heartbeat_timeout interval CHECK (heartbeat_timeout > interval '0'),
  failure_tolerance integer NOT NULL DEFAULT 1 CHECK (failure_tolerance BETWEEN 1 AND 50),
  recovery_threshold integer NOT NULL DEFAULT 1 CHECK (recovery_threshold BETWEEN 1 AND 50),
  freshness interval CHECK (freshness > interval '0'),
  paused_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK (schedule_interval IS NULL OR schedule_cron IS NULL)
);
COMMENT ON TABLE pipecast.job IS 'Something that runs again and again, and what is expected of it.';
`

const runs = `
CREATE TABLE pipecast.run (
  run_id uuid PRIMARY KEY,
  job_id uuid NOT NULL REFERENCES pipecast.job ON DELETE CASCADE,
  parent_run_id uuid,
  parent_job_id uuid,
  root_run_id uuid,
  state text NOT NULL CHECK (state IN
    ('NEW', 'RUNNING', 'COMPLETED', 'FAILED', 'ABORTED', 'TIMED_OUT', 'MISSED')),
  decided_class smallint NOT NULL,
  decided_at timestamptz NOT NULL,
  decided_rank smallint NOT NULL,
  decided_by bytea NOT NULL,
  first_event_at timestamptz NOT NULL,
  last_event_at timestamptz NOT NULL,
  last_received_at timestamptz NOT NULL,
  has_start boolean NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  nominal_start_at timestamptz,
  nominal_end_at timestamptz,
  error_message text,
  rows_written bigint,
  rows_written_at timestamptz,
  bytes_written bigint,
  exit_code integer,
  log_tail text,
  log_at timestamptz,
  progress_done bigint,
  progress_total bigint
);
COMMENT ON TABLE pipecast.run IS 'One execution of a job. Each column is a maximum or a minimum over
its events, so that neither their order nor their number matters.';
COMMENT ON COLUMN pipecast.run.decided_class IS 'The greatest (class, at, rank, event id) decides the
state: class 0 none, 1 START or RUNNING, 2 terminal.';
COMMENT ON COLUMN pipecast.run.rows_written_at IS 'The newest event that told of rows written.';
COMMENT ON COLUMN pipecast.run.has_start IS 'Whether started_at is a START event, and not the best guess.';

CREATE INDEX run_by_job ON pipecast.run (job_id, started_at DESC, run_id DESC);
CREATE INDEX run_attempt ON pipecast.run (job_id, parent_run_id, started_at, run_id)
  WHERE parent_run_id IS NOT NULL AND state IN ('COMPLETED', 'FAILED', 'TIMED_OUT', 'MISSED');
CREATE INDEX run_in_progress ON pipecast.run (job_id) WHERE state IN ('NEW', 'RUNNING');
CREATE INDEX run_succeeded ON pipecast.run (job_id, ended_at) WHERE state = 'COMPLETED';
CREATE INDEX run_missed ON pipecast.run (job_id, started_at DESC) WHERE state = 'MISSED';
CREATE INDEX run_ended ON pipecast.run (ended_at) INCLUDE (state, rows_written)
  WHERE ended_at IS NOT NULL;
`

const runEvents = `
CREATE TABLE pipecast.run_event (
  id bytea PRIMARY KEY,
  run_id uuid NOT NULL,
  received_at timestamptz NOT NULL,
  event jsonb NOT NULL
);
COMMENT ON TABLE pipecast.run_event IS 'The events as they came, secrets redacted, for audit and
replay. The id is the sha256 of the canonical JSON.';
CREATE INDEX run_event_by_age ON pipecast.run_event (received_at);
`

const jobSummaries = `
CREATE TABLE pipecast.job_summary (
  job_id uuid PRIMARY KEY REFERENCES pipecast.job ON DELETE CASCADE,
  parent_job_id uuid,
  history text NOT NULL DEFAULT '',
  running integer NOT NULL DEFAULT 0,
  newest_state text,
  newest_started_at timestamptz,
  newest_ended_at timestamptz,
  newest_duration_ms double precision,
  newest_error text,
  running_started_at timestamptz,
  running_heard_at timestamptz,
  last_success_at timestamptz,
  usual_ms double precision,
  longest_success_ms double precision,
  failing_since timestamptz,
  records_total bigint NOT NULL DEFAULT 0,
  records_at timestamptz
) WITH (fillfactor = 70);
COMMENT ON TABLE pipecast.job_summary IS 'What the newest runs of a job add up to, kept by triggers
at write time, so that a snapshot reads no run.';
`

const jobIds = `
CREATE FUNCTION pipecast.job_id(namespace text, name text) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT encode(substr(sha256(convert_to(
    length(namespace) || ':' || namespace || name, 'UTF8')), 1, 16), 'hex')::uuid
$$;
COMMENT ON FUNCTION pipecast.job_id IS 'A job is its namespace and name; so its id follows from them.';
`
