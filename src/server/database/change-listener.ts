import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/** The channel on which the database says that something changed; the payload names the feed. */
const CHANNEL = 'pipecast'

const CANARY_INTERVAL_MS = 10_000
const CANARY_TIMEOUT_MS = 3_000
const MIN_BACKOFF_MS = 100
const MAX_BACKOFF_MS = 5_000

/**
 * `push`: a notification sent to ourselves has come back. `degraded`: it has not, or there is no
 * connection; only the tick finds changes then.
 */
export type WakeupMode = 'push' | 'degraded'

/** What the change listener needs. */
export interface ChangeListenerOptions {
  readonly connectionString: string
  /** Called for each hint with the name of the feed; with `null`, any feed may have changed, or none
   * can be read any more. */
  readonly onHint: (feed: string | null) => void
  readonly log: {
    info(about: object, message: string): void
    warn(about: object, message: string): void
  }
  /** The time between two canaries, in milliseconds. */
  readonly canaryIntervalMs?: number
  /** 0 to 1, for the spread of reconnects. */
  readonly random?: () => number
}

/** Listens for hints on a connection of its own until stopped. */
export interface ChangeListener {
  wakeupMode(): WakeupMode
  stop(): Promise<void>
}

/** The notification that we sent to ourselves did not arrive, although the connection answers. */
class CanaryLostError extends Error {
  override readonly name = 'CanaryLostError'
  readonly code = 'CANARY_LOST'
}

/**
 * Starts to listen. A NOTIFY is only ever a hint: it carries no data, it may be lost, and after
 * each reconnect one is assumed to have been missed. A canary sent through the same connection
 * proves that hints arrive; through a transaction pooler it never comes back.
 */
export function startChangeListener(options: ChangeListenerOptions): ChangeListener {
  const ending = new AbortController()
  let mode: WakeupMode = 'degraded'
  let said: string | undefined
  const setMode = (next: WakeupMode, about: object, message: string) => {
    // If the database is gone altogether, those who look now can say so at once.
    if (mode === 'push' && next === 'degraded') options.onHint(null)
    mode = next
    if (message === said) return // one line for a hundred attempts in vain
    said = message
    options.log[next === 'push' ? 'info' : 'warn'](about, message)
  }
  const running = keepListening(options, ending.signal, setMode)
  return {
    wakeupMode: () => mode,
    stop: async () => {
      ending.abort()
      await running
    },
  }
}

type SetMode = (next: WakeupMode, about: object, message: string) => void

async function keepListening(
  options: ChangeListenerOptions,
  signal: AbortSignal,
  setMode: SetMode,
): Promise<void> {
  const random = options.random ?? Math.random
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      await listenOnce(options, signal, () => {
        failures = 0
        setMode('push', {}, 'database pushes changes')
      })
    } catch (error) {
      setMode('degraded', describe(error), adviceFor(error))
    }
    const ceilingMs = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** Math.min(failures, 10))
    await delay(ceilingMs * (0.5 + random() / 2), undefined, { signal }).catch(() => {
      // Only the signal ends this wait early, and the loop looks at the signal next.
    })
  }
}

/** Resolves when the signal fires, rejects when the connection or the canary is lost. */
async function listenOnce(
  options: ChangeListenerOptions,
  signal: AbortSignal,
  onProven: () => void,
): Promise<void> {
  const client = new pg.Client({
    connectionString: options.connectionString,
    application_name: 'pipecast listener',
    connectionTimeoutMillis: CANARY_TIMEOUT_MS,
    query_timeout: CANARY_TIMEOUT_MS,
    keepAlive: true,
  })
  const canary = new Canary(client)
  const over = new AbortController()
  const isOver = () => over.signal.aborted
  const lost = new Promise<never>((_resolve, reject) => {
    client.on('error', reject)
    client.on('end', () => {
      reject(new Error('the database closed the connection'))
    })
  })
  client.on('notification', ({ channel, payload }) => {
    if (channel === CHANNEL) options.onHint(payload === '' ? null : (payload ?? null))
    else if (channel === canary.channel) canary.heard(payload)
  })
  const listen = async () => {
    await client.connect()
    await client.query(`LISTEN ${CHANNEL}; LISTEN ${canary.channel}`)
    await canary.sing(over.signal)
    if (isOver()) return
    onProven()
    options.onHint(null) // whatever was committed before LISTEN took effect
    while (!isOver()) {
      await nap(options.canaryIntervalMs ?? CANARY_INTERVAL_MS, over.signal)
      if (!isOver()) await canary.sing(over.signal)
    }
  }
  try {
    // The end is not kept waiting by a database that does not answer.
    await Promise.race([lost, listen(), once(signal, 'abort', { signal: over.signal })])
  } finally {
    over.abort()
    client.end().catch(() => {
      // The connection is gone already: that is why we are here.
    })
  }
}

/** Sends a notification to its own connection and waits for it to arrive. */
class Canary {
  readonly channel = `${CHANNEL}_canary_${randomBytes(8).toString('hex')}`
  private count = 0
  private arrived: (() => void) | undefined

  private readonly client: pg.Client

  constructor(client: pg.Client) {
    this.client = client
  }

  heard(payload: string | undefined): void {
    if (payload === String(this.count)) this.arrived?.()
  }

  async sing(signal: AbortSignal): Promise<void> {
    this.count += 1
    const arrival = new Promise<void>((resolve) => {
      this.arrived = resolve
    })
    await this.client.query('SELECT pg_notify($1, $2)', [this.channel, String(this.count)])
    const timeout = new AbortController()
    try {
      await Promise.race([
        arrival,
        nap(CANARY_TIMEOUT_MS, AbortSignal.any([signal, timeout.signal])).then(() => {
          if (!signal.aborted && !timeout.signal.aborted) {
            throw new CanaryLostError('a notification sent to ourselves did not arrive')
          }
        }),
      ])
    } finally {
      timeout.abort()
    }
  }
}

/** Waits; an abort ends the wait without an error. */
async function nap(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

function describe(error: unknown): object {
  const code = (error as { code?: unknown } | null)?.code
  return { code, reason: error instanceof Error ? error.message : String(error) }
}

function adviceFor(error: unknown): string {
  return error instanceof CanaryLostError
    ? 'no push from the database: LISTEN does not work through a transaction pooler; point DATABASE_URL at Postgres itself'
    : 'the connection that listens for changes is lost; looking at each tick until it is back'
}
