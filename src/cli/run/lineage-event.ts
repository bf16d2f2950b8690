import { type CommandEnd, exitCodeOf, failureOf } from './command-end.js'

const PRODUCER = 'urn:pipecast:run'
const SPEC = 'https://openlineage.io/spec'
const RUN_EVENT_SCHEMA = `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`
const CUSTOM_FACET_SCHEMA = `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunFacet`
const ERROR_SCHEMA = `${SPEC}/facets/1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet`
const STATISTICS_SCHEMA = `${SPEC}/facets/1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet`

/** Which run of which job the events are about. */
export interface RunIdentity {
  readonly runId: string
  readonly namespace: string
  readonly job: string
}

/** What there is to say when a command is over. */
export interface RunOutcome {
  readonly end: CommandEnd
  /** When it ended, in milliseconds since 1970. */
  readonly endedAt: number
  readonly logTail: string
  /** The last line of stderr that says something. */
  readonly lastError: string | undefined
  /** Records written, as the command told. */
  readonly records: number | undefined
}

/**
 * The event that says that a run began, or goes on.
 *
 * @param at - in milliseconds since 1970.
 */
export function progressEvent(run: RunIdentity, type: 'START' | 'RUNNING', at: number): object {
  return lineageEvent(run, { type, at })
}

/**
 * The event that says how a run ended. Its duration is the time between it and START.
 *
 * A run reported with records gets one output dataset, which has the job's own name: OpenLineage
 * keeps counts with datasets, and a command names none.
 */
export function terminalEvent(run: RunIdentity, outcome: RunOutcome): object {
  const { end, endedAt, logTail, lastError, records } = outcome
  const failure = failureOf(end)
  const facets = {
    pipecast_run: facet(CUSTOM_FACET_SCHEMA, {
      exitCode: exitCodeOf(end),
      ...(logTail === '' ? {} : { logTail }),
    }),
  }
  if (failure !== undefined) {
    const message = lastError === undefined ? failure : `${failure}: ${lastError}`
    const errorMessage = facet(ERROR_SCHEMA, { message, programmingLanguage: 'shell' })
    return lineageEvent(run, { type: 'FAIL', at: endedAt, facets: { ...facets, errorMessage } })
  }
  const outputs = records === undefined ? [] : [countedOutput(run, records)]
  return lineageEvent(run, { type: 'COMPLETE', at: endedAt, facets, outputs })
}

interface EventParts {
  readonly type: string
  readonly at: number
  readonly facets?: object
  readonly outputs?: readonly object[]
}

function lineageEvent(run: RunIdentity, { type, at, facets, outputs = [] }: EventParts): object {
  return {
    eventType: type,
    eventTime: new Date(at).toISOString(),
    run: { runId: run.runId, ...(facets && { facets }) },
    job: { namespace: run.namespace, name: run.job },
    ...(outputs.length > 0 && { outputs }),
    producer: PRODUCER,
    schemaURL: RUN_EVENT_SCHEMA,
  }
}

function countedOutput({ namespace, job }: RunIdentity, rowCount: number): object {
  const outputStatistics = facet(STATISTICS_SCHEMA, { rowCount })
  return { namespace, name: job, outputFacets: { outputStatistics } }
}

function facet(schemaUrl: string, members: object): object {
  return { _producer: PRODUCER, _schemaURL: schemaUrl, ...members }
}
