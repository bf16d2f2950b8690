import { type Kysely, sql } from 'kysely'

/**
 * Secrets in what is reported in SQL are redacted as in every other report; and an event whose time
 * is that of its receipt keeps it when it comes again.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [redact, report, finish, firstReceipts]) {
    await sql.raw(statement).execute(db)
  }
}

/**
 * The rules of `src/server/runs/redact.ts`, one by one: what announces a secret, then where it ends.
 * A test compares the two on the same texts. Whoever changes one changes the other.
 */
const SECRET_WORD =
  '(?:passw(?:or)?d|passphrase|pwd|secret(?:[ _.-]?key)?|token|credentials?|authorization' +
  '|(?:api|private|access|account|signing|encryption)[ _.-]?key|[?&](?:sig|x-amz-signature))'
const ASSIGNED = `\\\\?["'']?\\s{0,8}(?:=>|:=|={1,3}|:(?![:/]))\\s{0,8}`
const SCHEME = '(?:(?:basic|bearer|digest|token)[ \\t]{1,8})?'
const ANNOUNCEMENTS = [
  '://',
  '(?<![A-Za-z0-9_])bearer[ \\t]{1,8}',
  `${SECRET_WORD}(?:${ASSIGNED}${SCHEME}|\\s{1,8}(?=["'']))` +
    `|(?<![A-Za-z0-9_])identified\\s{1,8}by\\s{1,8}(?=["''])|--${SECRET_WORD}[ \\t]{1,8}`,
  '-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----',
]

/** Positions count from 1; `secret_end` is the first that is no part of the secret. */
const redact = `
CREATE FUNCTION pipecast.end_of_quoted(said text, start integer, quote text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  looked_to integer := start;
  quote_at integer;
  is_doubled boolean;
BEGIN
  LOOP
    quote_at := strpos(substr(said, looked_to), quote);
    -- Without a closing quote the rest of the text is the secret: it may have been cut off.
    IF quote_at = 0 THEN RETURN length(said) + 1; END IF;
    quote_at := looked_to + quote_at - 1;
    is_doubled := quote = '''' AND substr(said, quote_at + 1, 1) = quote;
    IF NOT is_doubled AND (quote = '\\"' OR substr(said, quote_at - 1, 1) <> '\\') THEN
      RETURN quote_at;
    END IF;
    looked_to := quote_at + CASE WHEN is_doubled THEN 2 ELSE 1 END;
  END LOOP;
END $$;

CREATE FUNCTION pipecast.redact(said text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  announcements text[] := ARRAY[${ANNOUNCEMENTS.map((text) => `'${text}'`).join(',\n    ')}];
  flags text;
  announced text[];
  between text[];
  redacted text;
  copied_to integer;
  looked_to integer;
  secret_start integer;
  secret_end integer;
  following text;
  quote text;
  at integer;
  colon integer;
BEGIN
  FOR rule IN 1..4 LOOP
    flags := CASE WHEN rule IN (2, 3) THEN 'gi' ELSE 'g' END;
    -- All at once, because a search for one of them costs as much.
    announced := ARRAY(SELECT hit[1]
      FROM regexp_matches(said, '(' || announcements[rule] || ')', flags) AS hit);
    CONTINUE WHEN cardinality(announced) = 0;
    between := regexp_split_to_array(said, announcements[rule], replace(flags, 'g', ''));
    redacted := '';
    copied_to := 1;
    looked_to := 1;
    FOR nth IN 1..cardinality(announced) LOOP
      at := looked_to + length(between[nth]);
      looked_to := at + length(announced[nth]);
      CONTINUE WHEN at < copied_to; -- it is within a secret
      secret_start := looked_to;
      secret_end := looked_to;
      following := substr(said, looked_to);
      IF rule = 1 THEN
        -- A password may hold @, so the last one counts; over HTTP a lone user name is a token.
        following := substring(following FROM '^[^\\s/"''<>\\\\]*');
        at := length(following) + 1 - strpos(reverse(following), '@');
        colon := strpos(following, ':');
        IF at > 1 AND at <= length(following) THEN
          IF colon BETWEEN 1 AND at - 1 THEN
            secret_start := secret_start + colon;
            secret_end := looked_to + at - 1;
          ELSIF substring(said FROM greatest(1, looked_to - 8)
              FOR least(5, looked_to - 4)) ~* 'https?$' THEN
            secret_end := looked_to + at - 1;
          END IF;
        END IF;
      ELSIF rule = 2 THEN
        secret_end := secret_start + length(substring(following FROM '^[A-Za-z0-9_.~+/=:-]*'));
      ELSIF rule = 3 THEN
        quote := substring(following FROM '^(?:\\\\?"|'')');
        IF quote IS NULL THEN
          secret_end := secret_start + length(substring(following FROM '^[^\\s&;,''"<>)}\\\\]*'));
        ELSE
          secret_start := secret_start + length(quote);
          secret_end := pipecast.end_of_quoted(said, secret_start, quote);
        END IF;
      ELSE
        at := strpos(following, '-----END');
        secret_end := CASE at WHEN 0 THEN length(said) + 1 ELSE secret_start + at - 1 END;
      END IF;
      IF secret_end > secret_start THEN
        redacted := redacted || substr(said, copied_to, secret_start - copied_to) || '[redacted]';
        copied_to := secret_end;
      END IF;
    END LOOP;
    said := redacted || substr(said, copied_to);
  END LOOP;
  RETURN said;
END $$;
COMMENT ON FUNCTION pipecast.redact IS 'A text without the secrets that it quotes, as src/server/runs/redact.ts has it.';
`

/** As before, but for the texts in it: whatever a function below hands on, no secret gets further. */
const report = `
CREATE OR REPLACE FUNCTION pipecast.report(event jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pipecast, pg_temp AS $$
DECLARE
  stamped jsonb := jsonb_strip_nulls(event || jsonb_build_object(
    'namespace', left(pipecast.redact(event ->> 'namespace'), 512),
    'name', left(pipecast.redact(event ->> 'name'), 512),
    'error', left(pipecast.redact(event ->> 'error'), 2000),
    'at', clock_timestamp()));
BEGIN
  PERFORM pipecast.record_run_events(jsonb_build_array(stamped || jsonb_build_object(
    'id', encode(sha256(convert_to(stamped::text || gen_random_uuid(), 'UTF8')), 'hex'),
    'raw', stamped || '{"producer": "sql"}')));
END $$;
`

/**
 * As before, but for the error, which is redacted above: of a long one as much is read as takes no
 * noticeable time, and a secret that ends behind what is kept is still seen whole.
 */
const finish = `
CREATE OR REPLACE FUNCTION pipecast.finish(
  run_id uuid, state text DEFAULT 'COMPLETE', records bigint DEFAULT NULL, error text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pipecast, pg_temp AS $$
DECLARE
  type text := CASE upper(state)
    WHEN 'COMPLETE' THEN 'COMPLETE' WHEN 'COMPLETED' THEN 'COMPLETE'
    WHEN 'FAIL' THEN 'FAIL' WHEN 'FAILED' THEN 'FAIL'
    WHEN 'ABORT' THEN 'ABORT' WHEN 'ABORTED' THEN 'ABORT' END;
BEGIN
  IF type IS NULL THEN
    RAISE EXCEPTION 'a run does not end as %', coalesce(quote_literal(state), 'NULL')
      USING HINT = 'COMPLETE, FAIL or ABORT', ERRCODE = 'invalid_parameter_value';
  END IF;
  IF records < 0 THEN
    RAISE EXCEPTION 'records are never negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM pipecast.report(pipecast.run_identity(run_id) || jsonb_build_object(
    'type', type, 'rows_written', records, 'error', left(error, 10000)));
END $$;
`

/**
 * The event itself is kept before its time is read, so that of two that come at once both take the
 * time of the first. Plans are kept, hence made for tables that have grown; most events say when they
 * happened, and cost no more than a look.
 */
const firstReceipts = `
CREATE FUNCTION pipecast.as_first_received(events jsonb) RETURNS jsonb
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  IF NOT jsonb_path_exists(events, '$[*].is_receipt_time') THEN RETURN events; END IF;

  INSERT INTO pipecast.run_event (id, run_id, received_at, event)
  SELECT DISTINCT ON (e.id) decode(e.id, 'hex'), e.run_id, e.at, e.raw
  FROM jsonb_to_recordset(events)
    AS e (id text, run_id uuid, at timestamptz, raw jsonb, is_receipt_time boolean)
  WHERE e.is_receipt_time AND e.raw IS NOT NULL
  ORDER BY e.id, e.at
  ON CONFLICT (id) DO NOTHING;

  RETURN (
    SELECT jsonb_agg(CASE WHEN kept.id IS NULL THEN e.event
      ELSE e.event || jsonb_build_object('at', kept.received_at) END ORDER BY e.nth)
    FROM jsonb_array_elements(events) WITH ORDINALITY AS e (event, nth)
    LEFT JOIN pipecast.run_event AS kept
      ON e.event ? 'is_receipt_time' AND kept.id = decode(e.event ->> 'id', 'hex'));
END $$;
COMMENT ON FUNCTION pipecast.as_first_received IS 'Run events, of which those without a time that can be
believed happened when they were first received.';
`
