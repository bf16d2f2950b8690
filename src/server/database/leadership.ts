import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/** The key of the advisory lock that the leader holds. */
const LEADER_LOCK = 74_732_279

const RETRY_MS = 2_000
const TIMEOUT_MS = 5_000

/**
 * A leader whose machine vanishes says no word of farewell, and TCP would keep its session, and the
 * lock, for hours. Who leads asks every 2 s, so Postgres may end a session that is silent for this.
 */
const MAX_SILENCE_MS = 10_000

/** What seeking the leadership needs. */
export interface LeadershipOptions {
  readonly connectionString: string
  /** Leads until the signal fires, which it does when the leadership is lost or no longer sought. */
  readonly lead: (signal: AbortSignal) => Promise<void>
  readonly log: {
    info(about: object, message: string): void
    warn(about: object, message: string): void
  }
}

/**
 * Seeks to be the one process that leads: it holds an advisory lock on a session of its own, and
 * when it ends or loses that session another process takes over within seconds.
 *
 * @returns stops seeking and leading, and resolves when both have ended.
 */
export function seekLeadership(options: LeadershipOptions): () => Promise<void> {
  const ending = new AbortController()
  const seeking = keepSeeking(options, ending.signal)
  return async () => {
    ending.abort()
    await seeking
  }
}

async function keepSeeking(options: LeadershipOptions, signal: AbortSignal): Promise<void> {
  let isTroubled = false
  while (!signal.aborted) {
    try {
      await seekOnce(options, signal)
      isTroubled = false
    } catch (error) {
      const { code, message } = error as { code?: unknown; message?: unknown }
      if (!isTroubled) options.log.warn({ code, reason: message }, 'cannot lead the sweep now')
      isTroubled = true
    }
    await nap(RETRY_MS, signal)
  }
}

/** Waits for the lock and leads while the session lives; rejects when it is lost. */
async function seekOnce(options: LeadershipOptions, signal: AbortSignal): Promise<void> {
  const client = new pg.Client({
    connectionString: options.connectionString,
    application_name: 'pipecast sweeper',
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
    keepAlive: true,
  })
  const lost = new AbortController()
  client.on('error', () => lost.abort())
  client.on('end', () => lost.abort())
  const term = AbortSignal.any([signal, lost.signal])
  try {
    await client.connect()
    await client.query(`SET idle_session_timeout = ${MAX_SILENCE_MS}`)
    while (!term.aborted && !(await tryLock(client))) await nap(RETRY_MS, term)
    if (term.aborted) return
    options.log.info({}, 'leading the sweep')
    const leading = options.lead(term)
    await watchSession(client, term).finally(() => lost.abort())
    await leading
  } finally {
    client.end().catch(() => {
      // The session is gone already, and the lock with it.
    })
  }
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ is_leader: boolean }>(
    'SELECT pg_try_advisory_lock($1) AS is_leader',
    [LEADER_LOCK],
  )
  return rows[0]?.is_leader === true
}

/** A link that is half open is noticed by a question that stays without an answer. */
async function watchSession(client: pg.Client, term: AbortSignal): Promise<void> {
  for (;;) {
    await nap(RETRY_MS, term)
    if (term.aborted) return
    await client.query('SELECT 1')
  }
}

/** Waits; an abort ends the wait without an error. */
async function nap(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
