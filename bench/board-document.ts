import {
  type PipelineEntry,
  type PipelineStatus,
  PIPELINE_STATUS_FEED,
  type SourceStatus,
  type UpdateFrame,
  updateType,
} from '../src/protocol/index.js'

const MINUTE_MS = 60_000
const STARTED_AT = Date.UTC(2026, 0, 28, 12, 30)
const SOURCES_EACH_PIPELINE = 10
const HISTORY_RUNS = 30

/** Names this document's sequence in every frame of every peer. */
export const BOARD_EPOCH = 'benchmark'

/**
 * The document that every peer sends: a made-up board, the same in each process, of which one
 * source changes at each update. What has changed is new, what has not is shared with the document
 * before, as documents are that were read from a database and compared.
 */
export class BoardDocument {
  private readonly names: readonly string[]
  private document: PipelineStatus
  private changes = 0

  /** @param sources - how many sources it shows; 50 make some 20 kB. */
  constructor(sources: number) {
    const random = repeatableRandom()
    const entries = Array.from({ length: sources }, (_, index) => makeSource(index, random))
    this.names = entries.map(({ name }) => name)
    this.document = assemble(entries)
  }

  /** What the board says now. */
  get data(): PipelineStatus {
    return this.document
  }

  /** One run of one source ends; another source each time. */
  change(): void {
    const name = this.names[this.changes % this.names.length] ?? ''
    const source = this.document.sources[name]
    this.changes += 1
    if (source === undefined) return
    const endedAt = new Date(STARTED_AT + this.changes * MINUTE_MS).toISOString()
    const changed: SourceStatus = {
      ...source,
      last_run: endedAt,
      last_success: endedAt,
      duration_ms: 60_000 + this.changes,
      records: source.records + this.changes,
      history: `${source.history.slice(1)}c`,
    }
    const { events } = this.document
    this.document = {
      ...this.document,
      last_run: endedAt,
      sources: { ...this.document.sources, [name]: changed },
      events: { ...events, total: events.total + this.changes, last_at: endedAt },
    }
  }

  /** The update frame, as a server would say it now. */
  frame(): UpdateFrame<PipelineStatus> {
    const now = new Date().toISOString()
    return {
      type: updateType(PIPELINE_STATUS_FEED),
      timestamp: now,
      epoch: BOARD_EPOCH,
      seq: this.changes + 1,
      generated_at: now,
      data: this.document,
    }
  }
}

function assemble(entries: readonly SourceStatus[]): PipelineStatus {
  const pipelines = Math.ceil(entries.length / SOURCES_EACH_PIPELINE)
  return {
    status: 'Degraded',
    last_run: new Date(STARTED_AT).toISOString(),
    sources: Object.fromEntries(entries.map((entry) => [entry.name, entry])),
    events: { total: 6_980_000, last_24h: 81_234, last_hour: 3_210 },
    pipelines: Object.fromEntries(
      Array.from({ length: pipelines }, (_, index) => [pipelineName(index), makePipeline(index)]),
    ),
    queue: { queued: 4, running: 2, queues: { scraping: { depth: 4, running: 2 } } },
    totals: {
      pipelines,
      sources: entries.length,
      healthy: entries.filter(({ status }) => status === 'Healthy').length,
      late: 0,
      degraded: entries.filter(({ status }) => status === 'Degraded').length,
      failing: 0,
      unknown: 0,
      paused: 0,
      runs_24h: entries.length * 24,
      failed_24h: entries.length,
    },
    alerts: [],
  }
}

function makeSource(index: number, random: () => number): SourceStatus {
  const history = Array.from({ length: HISTORY_RUNS }, () => (random() < 0.04 ? 'f' : 'c')).join('')
  const successRate = Math.round(((history.split('c').length - 1) / HISTORY_RUNS) * 100) / 100
  const lastRunAt = STARTED_AT - Math.floor(random() * 60 * MINUTE_MS)
  const isDegraded = history.endsWith('f')
  return {
    namespace: 'default',
    name: `source-${index + 1}`,
    status: isDegraded ? 'Degraded' : 'Healthy',
    reasons: [isDegraded ? 'last_run_failed' : 'ok'],
    running: 0,
    last_run: new Date(lastRunAt).toISOString(),
    pipeline: pipelineName(Math.floor(index / SOURCES_EACH_PIPELINE)),
    state: isDegraded ? 'FAILED' : 'COMPLETED',
    last_success: new Date(lastRunAt + 90_000).toISOString(),
    duration_ms: Math.floor(30_000 + random() * 300_000),
    usual_ms: Math.floor(60_000 + random() * 300_000),
    success_rate: successRate,
    records: Math.floor(random() * 1_000_000),
    ...(index % 2 === 0
      ? { next_expected: new Date(lastRunAt + 60 * MINUTE_MS).toISOString() }
      : {}),
    history,
  }
}

function makePipeline(index: number): PipelineEntry {
  return {
    namespace: 'default',
    name: pipelineName(index),
    status: 'Healthy',
    reasons: ['ok'],
    running: 0,
    last_run: new Date(STARTED_AT).toISOString(),
    sources: SOURCES_EACH_PIPELINE,
    healthy: SOURCES_EACH_PIPELINE,
  }
}

function pipelineName(index: number): string {
  return `pipeline-${index + 1}`
}

/** A linear congruential generator (Numerical Recipes): the same board in each process. */
function repeatableRandom(): () => number {
  let state = 20_260_128
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
