import { type Kysely, sql } from 'kysely'

/** Reporting in plain SQL, for jobs that already sit in the same Postgres. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [report, start, progress, finish, role]) {
    await sql.raw(statement).execute(db)
  }
}

/** The time is the clock's, not the transaction's: a run may start and end within one. */
const report = `
CREATE FUNCTION pipecast.report(event jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pipecast, pg_temp AS $$
DECLARE
  stamped jsonb := jsonb_strip_nulls(event) || jsonb_build_object('at', clock_timestamp());
BEGIN
  PERFORM pipecast.record_run_events(jsonb_build_array(stamped || jsonb_build_object(
    'id', encode(sha256(convert_to(stamped::text || gen_random_uuid(), 'UTF8')), 'hex'),
    'raw', stamped || '{"producer": "sql"}')));
END $$;
REVOKE ALL ON FUNCTION pipecast.report FROM PUBLIC;
`

const start = `
CREATE FUNCTION pipecast.start(
  job text, run_id uuid DEFAULT gen_random_uuid(), namespace text DEFAULT 'default'
) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pipecast, pg_temp AS $$
BEGIN
  IF coalesce(job, '') = '' OR coalesce(namespace, '') = '' OR run_id IS NULL THEN
    RAISE EXCEPTION 'a run needs a job, a namespace and an id'
      USING HINT = 'SELECT pipecast.start(''nightly-load'');', ERRCODE = 'invalid_parameter_value';
  END IF;
  IF length(job) > 512 OR length(namespace) > 512 THEN
    RAISE EXCEPTION 'names have at most 512 characters' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM pipecast.report(jsonb_build_object(
    'type', 'START', 'namespace', namespace, 'name', job, 'run_id', run_id));
  RETURN run_id;
END $$;
COMMENT ON FUNCTION pipecast.start IS 'Reports that a run of this job starts; returns the id of the run.
Call it in a transaction of its own: others see it, and can report on this job, when it commits.';
`

const progress = `
CREATE FUNCTION pipecast.run_identity(wanted uuid) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pipecast, pg_temp AS $$
DECLARE identity jsonb;
BEGIN
  SELECT jsonb_build_object('run_id', r.run_id, 'namespace', j.namespace, 'name', j.name)
  INTO identity FROM pipecast.run AS r JOIN pipecast.job AS j ON j.id = r.job_id
  WHERE r.run_id = wanted;
  IF identity IS NULL THEN
    RAISE EXCEPTION 'there is no run %', wanted
      USING HINT = 'pipecast.start(job) returns the id of a new one', ERRCODE = 'no_data_found';
  END IF;
  RETURN identity;
END $$;
REVOKE ALL ON FUNCTION pipecast.run_identity FROM PUBLIC;

CREATE FUNCTION pipecast.progress(run_id uuid, done bigint, total bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pipecast, pg_temp AS $$
BEGIN
  IF done < 0 OR total < 0 THEN
    RAISE EXCEPTION 'progress is never negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM pipecast.report(pipecast.run_identity(run_id) || jsonb_build_object(
    'type', 'RUNNING', 'progress_done', done, 'progress_total', total));
END $$;
COMMENT ON FUNCTION pipecast.progress IS 'Reports how far a run has come, and that it lives.';
`

const finish = `
CREATE FUNCTION pipecast.finish(
  run_id uuid, state text DEFAULT 'COMPLETE', records bigint DEFAULT NULL, error text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pipecast, pg_temp AS $$
DECLARE
  type text := CASE upper(state)
    WHEN 'COMPLETE' THEN 'COMPLETE' WHEN 'COMPLETED' THEN 'COMPLETE'
    WHEN 'FAIL' THEN 'FAIL' WHEN 'FAILED' THEN 'FAIL'
    WHEN 'ABORT' THEN 'ABORT' WHEN 'ABORTED' THEN 'ABORT' END;
  -- Passwords within URLs and assignments, as in every other report.
  message text := left(regexp_replace(regexp_replace(error,
    '(://[^:/@\\s]*:)[^@\\s]*@', '\\1[redacted]@', 'g'),
    '((?:password|passwd|pwd|secret|token|api_?key)\\s*[=:]\\s*)\\S+', '\\1[redacted]', 'gi'), 2000);
BEGIN
  IF type IS NULL THEN
    RAISE EXCEPTION 'a run does not end as %', coalesce(quote_literal(state), 'NULL')
      USING HINT = 'COMPLETE, FAIL or ABORT', ERRCODE = 'invalid_parameter_value';
  END IF;
  IF records < 0 THEN
    RAISE EXCEPTION 'records are never negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM pipecast.report(pipecast.run_identity(run_id) || jsonb_build_object(
    'type', type, 'rows_written', records, 'error', message));
END $$;
COMMENT ON FUNCTION pipecast.finish IS 'Reports how a run ended: COMPLETE, FAIL or ABORT.';
`

/** Roles belong to the whole server: another database may have made it, and not everybody may. */
const role = `
DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'pipecast_reporter') THEN
    CREATE ROLE pipecast_reporter NOLOGIN;
  END IF;
EXCEPTION
  WHEN insufficient_privilege THEN
    RAISE NOTICE 'the role pipecast_reporter was not made: this role may not create roles';
  WHEN duplicate_object OR unique_violation THEN
    NULL; -- somebody else has just made it
END $$;
DO $$
BEGIN
  REVOKE ALL ON FUNCTION pipecast.start, pipecast.progress, pipecast.finish FROM PUBLIC;
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'pipecast_reporter') THEN
    GRANT USAGE ON SCHEMA pipecast TO pipecast_reporter;
    GRANT EXECUTE ON FUNCTION pipecast.start, pipecast.progress, pipecast.finish
      TO pipecast_reporter;
  END IF;
END $$;
`
