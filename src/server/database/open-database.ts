import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { honestPool } from './honest-pool.js'
import { createPreparer } from './prepared-statements.js'
import type { Schema } from './schema.js'

/** How to reach the database. Times are in milliseconds. */
export interface DatabaseOptions {
  readonly connectionString: string
  readonly poolMax: number
  /** How long one statement may take, on the server and on a link that has gone silent. */
  readonly timeoutMs?: number
  /** How long a statement may wait for a lock; not set: as long as it may take. */
  readonly lockTimeoutMs?: number
  /** An idle connection broke; the pool opens another when it needs one. */
  readonly onError?: (error: Error) => void
  /** The sessions do not keep prepared statements; each is planned anew from now on. */
  readonly onUnprepared?: (reason: Error) => void
}

/** A pool of connections, and the query builder on it. */
export interface Database {
  readonly kysely: Kysely<Schema>
  readonly pool: pg.Pool
  /** How many connections there are, and how many statements wait for one. */
  readonly counts: { readonly total: number; readonly idle: number; readonly waiting: number }
  close(): Promise<void>
}

const DEFAULT_TIMEOUT_MS = 5_000
const CONNECT_TIMEOUT_MS = 3_000

/**
 * Where an address comes to mean another server, those who only read would stay with the old one.
 * Statements are prepared and planned once more for each new connection, which this makes rare.
 */
const MAX_LIFETIME_S = 300

/** Opens a pool; no connection is made before the first query. */
export function openDatabase(options: DatabaseOptions): Database {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.poolMax,
    application_name: 'pipecast',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: timeoutMs,
    // statement_timeout cannot end a wait on a link that is half open; this can.
    query_timeout: timeoutMs + 1_000,
    idle_in_transaction_session_timeout: timeoutMs,
    ...(options.lockTimeoutMs === undefined ? {} : { lock_timeout: options.lockTimeoutMs }),
    keepAlive: true,
    maxLifetimeSeconds: MAX_LIFETIME_S,
  })
  // Without a listener, the loss of a connection would end the process: the pool's hears of idle
  // ones only, and those in use have no other.
  pool.on('error', (error) => options.onError?.(error))
  pool.on('connect', (client) => {
    client.on('error', () => {
      // Whoever uses it hears of it, because the statement that is under way fails.
    })
  })
  const askPrepared = createPreparer((reason) => options.onUnprepared?.(reason))
  const dialect = new PostgresDialect({ pool: honestPool(pool, askPrepared) })
  const kysely = new Kysely<Schema>({ dialect })
  return {
    kysely,
    pool,
    get counts() {
      return { total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }
    },
    close: () => kysely.destroy(),
  }
}
