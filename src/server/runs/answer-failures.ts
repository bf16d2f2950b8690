import { databaseFailure } from '../database/database-error.js'
import { HttpError } from '../http/error-handler.js'
import { TooManyReadsError } from './read-turns.js'
import { EventRejectedError, RecordingUnavailableError } from './recording-errors.js'

const RETRY_AFTER_MS = 2_000

/** How Postgres names a missing schema, table or function: the migrations have not run yet. */
const NOT_MIGRATED: readonly unknown[] = ['3F000', '42P01', '42883']

/**
 * Waits for work that needs the database, and says what its failure means to a caller.
 *
 * @throws HttpError 503 when it may work later, 400 when Postgres does not take the values.
 */
export async function answerFailures<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (cause) {
    throw httpError(cause) ?? cause
  }
}

function httpError(cause: unknown): HttpError | null {
  if (cause instanceof HttpError) return null
  if (cause instanceof EventRejectedError) {
    return new HttpError(400, cause.code, cause.message, { path: '', cause: cause.cause })
  }
  if (cause instanceof RecordingUnavailableError || cause instanceof TooManyReadsError) {
    return new HttpError(503, cause.code, cause.message, { retryAfterMs: RETRY_AFTER_MS, cause })
  }
  const isMigrated = !NOT_MIGRATED.includes((cause as { code?: unknown } | null)?.code)
  switch (isMigrated ? databaseFailure(cause) : 'unavailable') {
    case 'rejected':
      return new HttpError(400, 'value_rejected', 'the database does not take a value', { cause })
    case 'unavailable':
    case 'conflict':
    case 'locked':
      return new HttpError(503, 'database_unavailable', 'the database is away; send it again', {
        retryAfterMs: RETRY_AFTER_MS,
        cause,
      })
    case 'bug':
      return null
  }
}
