import { type Static, Type } from 'typebox'
import { RUN_LETTERS, type RunState } from '../../protocol/index.js'
import { MAX_MESSAGE_LENGTH } from './error-message.js'
import type { ExpectationsJson } from './job-expectations.js'

/** A value that may be null, which stands for its default. */
const nullable = <Value>(type: string, more: object = {}) =>
  Type.Optional(Type.Unsafe<Value | null>({ type: [type, 'null'], ...more }))

const duration = (description: string, example: string) =>
  nullable<string>('string', { description, examples: [example] })

const count = (description: string) =>
  nullable<number>('integer', { minimum: 1, maximum: 50, description, examples: [2] })

const instant = (description: string) => Type.String({ format: 'date-time', description })
const optional = {
  instant: (description: string) => Type.Optional(instant(description)),
  number: (description: string) => Type.Optional(Type.Number({ description })),
  text: (description: string) => Type.Optional(Type.String({ description })),
}

const scheduleSchema = {
  additionalProperties: false,
  properties: {
    interval: { type: ['string', 'null'], description: 'How often, in ISO 8601; PT1S or more' },
    cron: { type: ['string', 'null'], maxLength: 200, description: 'Five fields, or a nickname' },
    timezone: {
      type: ['string', 'null'],
      maxLength: 100,
      description: 'With cron; IANA; UTC unless set',
    },
  },
  description: 'When it runs: either an interval or a cron expression; replaced as a whole',
  examples: [{ interval: 'PT1H' }, { cron: '30 3 * * *', timezone: 'Europe/Riga' }],
}

const expectationMembers = {
  description: nullable<string>('string', {
    maxLength: MAX_MESSAGE_LENGTH,
    description: 'What the job is for',
    examples: ['Loads the events of the day'],
  }),
  schedule: nullable<NonNullable<ExpectationsJson['schedule']>>('object', scheduleSchema),
  grace: duration('How late a run may be; PT5M unless set', 'PT5M'),
  max_runtime: duration('How long a run may take', 'PT30M'),
  heartbeat_timeout: duration('How long a run may be silent', 'PT2M'),
  failure_tolerance: count('So many failures in a row make it Failing; 1 unless set'),
  recovery_threshold: count('So many successes in a row end that; 1 unless set'),
  freshness: duration('How old the last success may be', 'P1D'),
  paused: nullable<boolean>('boolean', {
    description: 'Whether it is left out of the roll-ups; false unless set',
  }),
}

/** What is said of a job with PUT: what is absent keeps its value. */
export const expectationsSchema = Type.Object(expectationMembers, {
  additionalProperties: false,
  examples: [
    {
      description: 'Loads the events of the day',
      schedule: { cron: '30 3 * * *', timezone: 'Europe/Riga' },
      grace: 'PT10M',
      max_runtime: 'PT1H',
      failure_tolerance: 2,
    },
  ],
})

const stateSchema = Type.Enum(Object.keys(RUN_LETTERS) as RunState[])
const jobNameSchema = Type.Object({ namespace: Type.String(), name: Type.String() })

const summarySchema = Type.Object(
  {
    parent: Type.Optional(jobNameSchema),
    running: Type.Integer({ description: 'How many runs are in progress' }),
    state: Type.Optional(stateSchema),
    last_run: optional.instant('When the newest run started'),
    last_success: optional.instant('When a run last succeeded'),
    duration_ms: optional.number('How long the newest run took'),
    usual_ms: optional.number('95th percentile of recent successes'),
    longest_success_ms: optional.number('The longest of them'),
    failing_since: optional.instant('The first failure since the last success'),
    error: optional.text('Why the newest run failed'),
    records: Type.Integer({ description: 'Records written by all its runs' }),
    records_at: optional.instant('When a run last wrote any'),
    history: Type.String({
      description: 'One letter a run, oldest first, at most 90',
      examples: ['ccccfccM'],
    }),
  },
  { description: 'What its newest runs add up to' },
)

/** All namespaces. */
export const namespacesSchema = Type.Object({
  namespaces: Type.Array(
    Type.Object({
      name: Type.String({ examples: ['default'] }),
      jobs: Type.Integer({ description: 'How many jobs it has', examples: [12] }),
    }),
  ),
})

/** A job as it is shown. */
export const jobSchema = Type.Object({
  namespace: Type.String({ examples: ['default'] }),
  name: Type.String({ examples: ['nightly-ingest'] }),
  processing_type: Type.Enum(['BATCH', 'STREAMING']),
  created_at: instant('When it was first heard of'),
  paused_at: optional.instant('Since when it is paused'),
  owners: Type.Optional(
    Type.Array(Type.String(), {
      description: 'Who answers for it, as the newest event with an ownership facet says',
      examples: [['team:data']],
    }),
  ),
  ...expectationMembers,
  summary: summarySchema,
})

/** A run as it is shown; `log_tail` is left out of lists. */
export const runSchema = Type.Object({
  run_id: Type.String({ format: 'uuid' }),
  namespace: Type.String({ examples: ['default'] }),
  job: Type.String({ examples: ['nightly-ingest'] }),
  state: stateSchema,
  started_at: instant('Its start; the earliest event where no start was reported'),
  ended_at: optional.instant('Its end'),
  duration_ms: optional.number('Known when both its start and its end were reported'),
  error: optional.text('Why it failed'),
  exit_code: Type.Optional(Type.Integer()),
  log_tail: optional.text('The end of what it printed, at most 10,000 bytes'),
  rows_written: Type.Optional(Type.Integer()),
  bytes_written: Type.Optional(Type.Integer()),
  parent_run_id: Type.Optional(Type.String({ format: 'uuid' })),
  root_run_id: Type.Optional(Type.String({ format: 'uuid' })),
  progress: Type.Optional(
    Type.Object({ done: Type.Integer(), total: Type.Optional(Type.Integer()) }),
  ),
  nominal_start_at: optional.instant('The beginning of the period that it is for'),
  nominal_end_at: optional.instant('The end of that period'),
})

/** Which runs of a job are asked for. */
export const runQuerySchema = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })),
  cursor: Type.Optional(
    Type.String({ maxLength: 200, description: 'The next_cursor of the page before' }),
  ),
  state: Type.Optional(stateSchema),
})

/** Which runs of a job are asked for. */
export type RunQuery = Static<typeof runQuerySchema>

/** A name in a path, percent-encoded: it may hold slashes, dots and any letter. */
export const nameParam = (example: string) => Type.String({ minLength: 1, examples: [example] })

/** Errors, as every route of ours answers them. */
export const errorSchema = Type.Object({
  code: Type.String({ description: 'A word that never changes' }),
  message: Type.String({ description: 'What happened and what to do' }),
  path: Type.Optional(Type.String({ description: 'A JSON pointer to the first that is wrong' })),
  problems: Type.Optional(
    Type.Array(Type.Object({ path: Type.String(), message: Type.String() }), {
      description: 'Everything that is wrong',
    }),
  ),
})
