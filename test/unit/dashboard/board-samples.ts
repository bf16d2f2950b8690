import type { ConnectionState, Update } from '../../../src/client/index.js'
import type {
  HealthStatus,
  PipelineEntry,
  PipelineStatus,
  SourceStatus,
  StatusTotals,
} from '../../../src/protocol/index.js'

/** The instant of all samples, ms since 1970. */
export const NOW = Date.parse('2026-01-28T12:30:45.000Z')

/** An instant so many milliseconds before {@link NOW}, as documents write it. */
export function agoMs(ms: number): string {
  return new Date(NOW - ms).toISOString()
}

/** A healthy source of the pipeline `nightly`, changed as told. */
export function source(name: string, change: Partial<SourceStatus> = {}): SourceStatus {
  return {
    namespace: 'default',
    name,
    status: 'Healthy',
    reasons: ['ok'],
    running: 0,
    pipeline: 'nightly',
    records: 0,
    history: 'ccc',
    ...change,
  }
}

/** A pipeline's entry of this status. */
export function pipeline(name: string, status: HealthStatus = 'Healthy'): PipelineEntry {
  return {
    namespace: 'default',
    name,
    status,
    reasons: ['ok'],
    running: 0,
    sources: 1,
    healthy: 1,
  }
}

/** Totals that are zero except for what is told. */
export function totals(change: Partial<StatusTotals>): StatusTotals {
  return {
    pipelines: 0,
    sources: 0,
    healthy: 0,
    late: 0,
    degraded: 0,
    failing: 0,
    unknown: 0,
    paused: 0,
    runs_24h: 0,
    failed_24h: 0,
    ...change,
  }
}

/** A document of these sources, by their names. */
export function board(sources: readonly SourceStatus[], status: HealthStatus): PipelineStatus {
  return {
    status,
    sources: Object.fromEntries(sources.map((entry) => [entry.name, entry])),
    events: { total: 0, last_24h: 0, last_hour: 0 },
    pipelines: {},
    queue: { queued: 0, running: 0, queues: {} },
    totals: totals({ sources: sources.length }),
    alerts: [],
  }
}

/** A live connection, changed as told. */
export function connection(change: Partial<ConnectionState> = {}): ConnectionState {
  return {
    status: 'connected',
    transport: 'websocket',
    attempt: 0,
    retryAt: null,
    reason: null,
    capacity: null,
    ...change,
  }
}

/** An update that the server made and this client received at {@link NOW}, changed as told. */
export function update(change: Partial<Update> = {}): Update {
  return {
    data: board([], 'Unknown'),
    epoch: 'e',
    seq: 1,
    generatedAt: NOW,
    receivedAt: NOW,
    isStale: false,
    ...change,
  }
}
