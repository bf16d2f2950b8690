import type { PostgresPool, PostgresPoolClient } from 'kysely'
import pg from 'pg'
import type { AskPrepared } from './prepared-statements.js'

/** The connection gave no answer to an earlier statement, so it is not asked another. */
class ConnectionSilentError extends Error {
  override readonly name = 'ConnectionSilentError'
  readonly code = 'CONNECTION_SILENT'
}

/** read_only_sql_transaction: after a failover this server only reads, or the session was told to. */
const READ_ONLY = '25006'

/**
 * The pool as Kysely is to see it: a connection that failed by itself, and not because Postgres
 * said so, never returns to the pool. On a link that has gone silent a statement ends by its
 * time-out, but the connection would wait for the answer for many minutes, and so would everybody
 * who is given it next. Nor does one return that may not write: the next one may.
 */
export function honestPool(pool: pg.Pool, askPrepared: AskPrepared): PostgresPool {
  return {
    connect: async () => honestClient(await pool.connect(), askPrepared),
    end: () => pool.end(),
  }
}

function honestClient(client: pg.PoolClient, askPrepared: AskPrepared): PostgresPoolClient {
  let isBroken = false
  let isReadOnly = false
  const query = async (text: string, values: readonly unknown[]) => {
    if (isBroken) throw new ConnectionSilentError('the connection to the database is lost')
    try {
      return await askPrepared((query) => client.query(query), text, [...values])
    } catch (error) {
      if (error instanceof pg.DatabaseError) isReadOnly ||= error.code === READ_ONLY
      else isBroken = true
      throw error
    }
  }
  // Kysely's other way to call it, with a cursor, is for streams; nothing here streams rows.
  return {
    query: query as unknown as PostgresPoolClient['query'],
    release: () => client.release(isBroken || isReadOnly),
  }
}
