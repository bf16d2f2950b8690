import { type Kysely, sql } from 'kysely'

/** Values that jobs measure of their data, and thresholds that degrade a job. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [metrics, record, recordOfEvents]) {
    await sql.raw(statement).execute(db)
  }
}

/**
 * Only a metric with a threshold is a check, and only checks are shown: so only they give hints,
 * and only when one appears, disappears, fails or recovers.
 */
const metrics = `
CREATE FUNCTION pipecast.is_breached(
  value double precision, minimum double precision, maximum double precision
) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(value < minimum, false) OR coalesce(value > maximum, false);

CREATE TABLE pipecast.metric (
  job_id uuid NOT NULL REFERENCES pipecast.job ON DELETE CASCADE,
  name text NOT NULL,
  value double precision NOT NULL,
  unit text,
  at timestamptz NOT NULL,
  minimum double precision,
  maximum double precision,
  is_breached boolean NOT NULL
    GENERATED ALWAYS AS (pipecast.is_breached(value, minimum, maximum)) STORED,
  PRIMARY KEY (job_id, name)
);
COMMENT ON TABLE pipecast.metric IS 'The newest value of each thing that a job measures of its data.
With a minimum or a maximum it is a check.';
CREATE INDEX metric_breached ON pipecast.metric (job_id) WHERE is_breached;

CREATE TRIGGER metric_hint AFTER INSERT ON pipecast.metric
  FOR EACH ROW WHEN (num_nonnulls(NEW.minimum, NEW.maximum) > 0)
  EXECUTE FUNCTION pipecast.hint('pipeline-status');
CREATE TRIGGER metric_change_hint AFTER UPDATE ON pipecast.metric
  FOR EACH ROW WHEN (
    (OLD.is_breached, num_nonnulls(OLD.minimum, OLD.maximum) > 0)
    IS DISTINCT FROM
    (NEW.is_breached, num_nonnulls(NEW.minimum, NEW.maximum) > 0))
  EXECUTE FUNCTION pipecast.hint('pipeline-status');
CREATE TRIGGER metric_removal_hint AFTER DELETE ON pipecast.metric
  FOR EACH ROW WHEN (num_nonnulls(OLD.minimum, OLD.maximum) > 0)
  EXECUTE FUNCTION pipecast.hint('pipeline-status');
`

/**
 * A row is the maximum of all reports by (at, breached, value, threshold, unit), so that neither
 * order nor repetition matters, and of two at one instant the bad one holds. Metrics are locked
 * last, in the order of their keys.
 */
const record = `
CREATE FUNCTION pipecast.record_metrics(metrics jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO pipecast.job (id, namespace, name)
  SELECT DISTINCT pipecast.job_id(namespace, job), namespace, job
  FROM jsonb_to_recordset(metrics) AS m (namespace text, job text)
  ORDER BY 1
  ON CONFLICT (id) DO NOTHING;

  INSERT INTO pipecast.metric AS m (job_id, name, value, unit, at, minimum, maximum)
  SELECT DISTINCT ON (job_id, name) job_id, name, value, unit, at, minimum, maximum
  FROM (
    SELECT pipecast.job_id(namespace, job) AS job_id, name, value, nullif(unit, '') AS unit, at,
      minimum, maximum
    FROM jsonb_to_recordset(metrics) AS r (namespace text, job text, name text,
      value double precision, unit text, at timestamptz, minimum double precision,
      maximum double precision)
  ) AS reported
  ORDER BY job_id, name, at DESC, pipecast.is_breached(value, minimum, maximum) DESC, value DESC,
    coalesce(minimum, '-infinity') DESC, coalesce(maximum, 'infinity') DESC,
    coalesce(unit, '') COLLATE "C" DESC
  ON CONFLICT (job_id, name) DO UPDATE SET value = excluded.value, unit = excluded.unit,
    at = excluded.at, minimum = excluded.minimum, maximum = excluded.maximum
  WHERE (excluded.at, pipecast.is_breached(excluded.value, excluded.minimum, excluded.maximum),
      excluded.value, coalesce(excluded.minimum, '-infinity'),
      coalesce(excluded.maximum, 'infinity'), coalesce(excluded.unit, '') COLLATE "C")
    > (m.at, m.is_breached, m.value, coalesce(m.minimum, '-infinity'),
      coalesce(m.maximum, 'infinity'), coalesce(m.unit, '') COLLATE "C");
END $$;
COMMENT ON FUNCTION pipecast.record_metrics IS 'Records values that jobs measure: the one write path.';
`

/** To be called in the statement that records the events, and so in the same transaction. */
const recordOfEvents = `
CREATE FUNCTION pipecast.record_event_metrics(events jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  -- Hardly any event measures something, so the others cost no more than this look.
  IF jsonb_path_exists(events, '$[*].metrics') THEN
    PERFORM pipecast.record_metrics((
      SELECT jsonb_agg(measured || jsonb_build_object(
        'namespace', event -> 'namespace', 'job', event -> 'name', 'at', event -> 'at'))
      FROM jsonb_array_elements(events) AS event
      CROSS JOIN LATERAL jsonb_array_elements(event -> 'metrics') AS measured));
  END IF;
END $$;
COMMENT ON FUNCTION pipecast.record_event_metrics IS 'Records what run events measured.';
`
