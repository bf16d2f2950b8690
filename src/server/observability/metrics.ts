import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import { CloseCode } from '../../protocol/index.js'

/** What is counted and timed as it happens; the rest is asked for at each scrape. */
export interface Metrics {
  readonly registry: Registry
  readonly connections: ConnectionEvents
  /** A hint has come from the database. */
  readonly hinted: () => void
  /** Times one read of a feed; what it returns and throws is passed on. */
  readonly timeRead: <T>(read: () => Promise<T>) => Promise<T>
  /** Times the writing of one batch of run events; what it throws is passed on. */
  readonly timeBatch: (events: number, write: () => Promise<void>) => Promise<void>
}

/** What happens to connections of any transport. */
export interface ConnectionEvents {
  readonly opened: (transport: string) => void
  readonly refused: (transport: string, code: string) => void
  readonly closed: (transport: string, code: number) => void
  /** News was handed to all who listen, which took so many milliseconds. */
  readonly fannedOut: (durationMs: number) => void
}

/** Upper bounds in seconds: a read takes a few milliseconds, and five seconds is its limit. */
const READ_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const FAN_OUT_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5]

/**
 * Makes the metrics of one application, in a registry of its own, with those of the process: CPU,
 * memory, garbage collection, and the delay of the event loop since the scrape before.
 */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const hints = new Counter({
    name: 'pipecast_hints_total',
    help: 'Notifications of the database that something has changed',
    registers: [registry],
  })
  return {
    registry,
    connections: connectionEvents(registry),
    hinted: () => hints.inc(),
    timeRead: readTimer(registry),
    timeBatch: batchTimer(registry),
  }
}

function connectionEvents(registry: Registry): ConnectionEvents {
  const registers = [registry]
  const opened = new Counter({
    name: 'pipecast_connections_opened_total',
    help: 'Connections that were let in',
    labelNames: ['transport'],
    registers,
  })
  const refused = new Counter({
    name: 'pipecast_connections_refused_total',
    help: 'Connections that were not let in, by reason',
    labelNames: ['transport', 'code'],
    registers,
  })
  const closed = new Counter({
    name: 'pipecast_connections_closed_total',
    help: 'Connections that have ended, by close code (PROTOCOL.md, P5.6)',
    labelNames: ['transport', 'code'],
    registers,
  })
  const fanOut = new Histogram({
    name: 'pipecast_fan_out_duration_seconds',
    help: 'Time to encode news and hand it to all connections',
    buckets: FAN_OUT_BUCKETS,
    registers,
  })
  return {
    opened: (transport) => opened.inc({ transport }),
    refused: (transport, code) => refused.inc({ transport, code }),
    closed: (transport, code) => closed.inc({ transport, code: codeLabel(code) }),
    fannedOut: (durationMs) => fanOut.observe(durationMs / 1_000),
  }
}

/** Codes of RFC 6455 that a peer, or the loss of it, brings without our doing. */
const PEER_CODES: readonly number[] = [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009]
const KNOWN_CODES = new Set([...PEER_CODES, ...Object.values(CloseCode)])

/** A client may close with some thousand codes, and must not make as many series. */
function codeLabel(code: number): string {
  return KNOWN_CODES.has(code) ? String(code) : 'other'
}

function readTimer(registry: Registry): Metrics['timeRead'] {
  const durations = new Histogram({
    name: 'pipecast_feed_read_duration_seconds',
    help: 'Reads of the feed, and how long they took',
    labelNames: ['outcome'],
    buckets: READ_BUCKETS,
    registers: [registry],
  })
  return async (read) => {
    const stop = durations.startTimer()
    let outcome = 'failed'
    try {
      const value = await read()
      outcome = 'ok'
      return value
    } finally {
      stop({ outcome })
    }
  }
}

function batchTimer(registry: Registry): Metrics['timeBatch'] {
  const registers = [registry]
  const events = new Counter({
    name: 'pipecast_run_events_recorded_total',
    help: 'Run events that were committed',
    registers,
  })
  const durations = new Histogram({
    name: 'pipecast_recorder_batch_duration_seconds',
    help: 'Transactions that record run events, and how long they took',
    labelNames: ['outcome'],
    buckets: READ_BUCKETS,
    registers,
  })
  return async (count, write) => {
    const stop = durations.startTimer()
    let outcome = 'failed'
    try {
      await write()
      outcome = 'ok'
      events.inc(count)
    } finally {
      stop({ outcome })
    }
  }
}
