import pg from 'pg'

/** Asks a connection for the rows of a statement. */
export type Ask = (query: pg.QueryConfig) => Promise<pg.QueryResult>

/** Asks with a prepared statement where the text names one. */
export type AskPrepared = (ask: Ask, text: string, values: unknown[]) => Promise<pg.QueryResult>

/**
 * A statement that begins so is prepared once by each connection and known by that name; the name
 * must mean one text. For the few that are made many times a second: planning takes longer than
 * running them.
 */
const LABEL = /^\s*\/\* prepared: ([a-z-]+) \*\//

/**
 * invalid_sql_statement_name and duplicate_prepared_statement: a pooler in between gives the
 * connection another session. feature_not_supported: a newer version has changed the tables. What
 * such a statement may have done is undone, so it can be made again.
 */
const NOT_PREPARED = ['26000', '42P05', '0A000']

/**
 * Makes the function that prepares statements until Postgres says that it cannot keep them; from
 * then on each is planned whenever it is made.
 *
 * @param onGivenUp - is told why, once.
 */
export function createPreparer(onGivenUp: (reason: Error) => void): AskPrepared {
  let isGivenUp = false
  return async (ask, text, values) => {
    const name = isGivenUp ? undefined : LABEL.exec(text)?.[1]
    if (name === undefined) return ask({ text, values })
    try {
      return await ask({ name, text, values })
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || !NOT_PREPARED.includes(error.code ?? ''))
        throw error
      if (!isGivenUp) onGivenUp(error)
      isGivenUp = true
      return ask({ text, values })
    }
  }
}
