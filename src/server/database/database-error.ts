import { MigrationsDifferError } from './newer-migrations.js'

/** What a failed statement means for the one who asked for it. */
export type DatabaseFailure =
  /** The database is away, full or too slow: the same statement may work later. */
  | 'unavailable'
  /** Two writers were in each other's way: the same statement works when it is repeated. */
  | 'conflict'
  /** Another session keeps a lock for longer than was waited: it may work once that one ends. */
  | 'locked'
  /** Postgres does not take these values: repeating is of no use. */
  | 'rejected'
  /** Anything else is a mistake of ours. */
  | 'bug'

/** Five letters or digits; no class begins with E, while EPIPE is an error of the socket. */
const SQLSTATE = /^(?!E)[0-9A-Z]{5}$/

/** SQLSTATE classes: connection, resources, operator intervention, system and internal errors. */
const UNAVAILABLE = /^(08|53|57|58|XX|25006|25P0[34])/

/** What is thrown when the program itself is wrong, or is not the one for this database. */
const MISTAKES = [TypeError, RangeError, ReferenceError, SyntaxError, MigrationsDifferError]

/**
 * Sorts an error of pg by what can be done about it; errors without an SQLSTATE come from the
 * connection itself.
 */
export function databaseFailure(error: unknown): DatabaseFailure {
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code !== 'string' || !SQLSTATE.test(code)) {
    return MISTAKES.some((mistake) => error instanceof mistake) ? 'bug' : 'unavailable'
  }
  if (code === '40001' || code === '40P01') return 'conflict'
  if (code === '55P03') return 'locked'
  if (UNAVAILABLE.test(code)) return 'unavailable'
  return code.startsWith('22') || code.startsWith('23') || code === '54000' ? 'rejected' : 'bug'
}
