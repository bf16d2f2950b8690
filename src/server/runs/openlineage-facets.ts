import { errorMessage, MAX_MESSAGE_LENGTH } from './error-message.js'
import { readEventTime } from './event-time.js'
import { jsonMember } from './json-member.js'
import { readAssertions } from './openlineage-assertions.js'
import { logTail } from './log-tail.js'
import type { RunEvent } from './run-event.js'
import { textHead } from './storable-text.js'

/** What facets add to a run event. */
export type FacetMembers = Pick<
  RunEvent,
  | 'nominalStartAt'
  | 'nominalEndAt'
  | 'error'
  | 'rowsWritten'
  | 'bytesWritten'
  | 'exitCode'
  | 'logTail'
  | 'progress'
  | 'processingType'
  | 'description'
  | 'owners'
  | 'assertions'
>

const MAX_OWNERS = 20
const MAX_OWNER_LENGTH = 200

/** As far as an exit code reaches: 32 bits with a sign. */
const MAX_EXIT_CODE = 2 ** 31 - 1
const MIN_EXIT_CODE = -(2 ** 31)

/**
 * Reads the facets that we know. A facet that is not there, or not of its shape, adds nothing.
 *
 * @param event - an OpenLineage run event, secrets redacted.
 */
export function readFacets(event: unknown): FacetMembers {
  const nominal = jsonMember(event, 'run', 'facets', 'nominalTime')
  const ownFacet = jsonMember(event, 'run', 'facets', 'pipecast_run')
  return withoutUndefined({
    nominalStartAt: readEventTime(jsonMember(nominal, 'nominalStartTime'))?.iso,
    nominalEndAt: readEventTime(jsonMember(nominal, 'nominalEndTime'))?.iso,
    error: readError(jsonMember(event, 'run', 'facets')),
    rowsWritten: sumOverOutputs(event, 'rowCount'),
    bytesWritten: sumOverOutputs(event, 'size'),
    exitCode: readExitCode(jsonMember(ownFacet, 'exitCode')),
    logTail: readLogTail(jsonMember(ownFacet, 'logTail')),
    progress: readProgress(jsonMember(ownFacet, 'progress')),
    processingType: readProcessingType(event),
    description: readDescription(event),
    owners: readOwners(event),
    assertions: readAssertions(event),
  })
}

/** Absent means not known: a member without a value is no member. */
function withoutUndefined(
  members: {
    readonly [Key in keyof FacetMembers]-?: FacetMembers[Key] | undefined
  },
): FacetMembers {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/**
 * Spark reports an exception in a facet of its own: today as `{message, stackTrace}`, where the
 * message is null for exceptions without one, and long ago as a bare text.
 */
function readError(facets: unknown): string | undefined {
  const standard = jsonMember(facets, 'errorMessage')
  const spark = jsonMember(facets, 'spark.exception')
  const candidates = [
    jsonMember(standard, 'message'),
    standard,
    jsonMember(spark, 'message'),
    jsonMember(spark, 'exception', 'message'),
    jsonMember(spark, 'exception'),
    spark,
    // Java's trace begins with the name of the exception.
    jsonMember(spark, 'stackTrace'),
  ]
  for (const candidate of candidates) {
    const message = typeof candidate === 'string' ? errorMessage(candidate) : null
    if (message !== null) return message
  }
  return undefined
}

/** Where statistics of an output have been found, newest form first. */
const STATISTICS_PATHS = [
  ['outputFacets', 'outputStatistics'],
  ['facets', 'outputStatistics'],
  ['facets', 'stats'],
] as const

function sumOverOutputs(event: unknown, key: 'rowCount' | 'size'): number | undefined {
  const outputs = jsonMember(event, 'outputs')
  if (!Array.isArray(outputs)) return undefined
  const counts = outputs.flatMap((output) => {
    const found = STATISTICS_PATHS.map((path) => jsonMember(output, ...path, key)).find(isCount)
    return found ?? []
  })
  if (counts.length === 0) return undefined
  return counts.reduce((sum, count) => Math.min(sum + count, Number.MAX_SAFE_INTEGER), 0)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function readExitCode(given: unknown): number | undefined {
  if (!Number.isInteger(given)) return undefined
  const exitCode = given as number
  return exitCode >= MIN_EXIT_CODE && exitCode <= MAX_EXIT_CODE ? exitCode : undefined
}

function readLogTail(given: unknown): string | undefined {
  return typeof given === 'string' && given !== '' ? logTail(given) : undefined
}

function readProgress(given: unknown): RunEvent['progress'] {
  const done = jsonMember(given, 'done')
  const total = jsonMember(given, 'total')
  if (!isCount(done)) return undefined
  return isCount(total) ? { done, total } : { done }
}

function readProcessingType(event: unknown): 'BATCH' | 'STREAMING' | undefined {
  const given = jsonMember(event, 'job', 'facets', 'jobType', 'processingType')
  const type = typeof given === 'string' ? given.toUpperCase() : given
  return type === 'BATCH' || type === 'STREAMING' ? type : undefined
}

function readDescription(event: unknown): string | undefined {
  const given = jsonMember(event, 'job', 'facets', 'documentation', 'description')
  if (typeof given !== 'string' || given === '') return undefined
  return textHead(given, MAX_MESSAGE_LENGTH)
}

/** A list without a single name says nothing. */
function readOwners(event: unknown): readonly string[] | undefined {
  const given = jsonMember(event, 'job', 'facets', 'ownership', 'owners')
  if (!Array.isArray(given)) return undefined
  const names = given
    .map((owner) => jsonMember(owner, 'name'))
    .filter((name) => typeof name === 'string' && name !== '')
    .map((name) => textHead(name as string, MAX_OWNER_LENGTH))
  return names.length === 0 ? undefined : [...new Set(names)].slice(0, MAX_OWNERS)
}
