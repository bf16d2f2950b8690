import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../../src/server/observability/metrics.js'
import {
  addScrapedMetrics,
  type ScrapedState,
} from '../../../src/server/observability/scraped-metrics.js'
import { samplesOf } from '../../support/prometheus-text.js'

const NOW = new Date('2026-01-28T12:00:10Z')

function stateOf(changes: Partial<ScrapedState> = {}): ScrapedState {
  return {
    places: () => ({ active: 3, max: 50 }),
    traffic: () => [{ transport: 'stream', active: 2, updatesSent: 7, bytesSent: 900 }],
    snapshot: () => undefined,
    isPushed: () => true,
    pool: () => ({ total: 5, idle: 3, waiting: 1 }),
    now: () => NOW,
    ...changes,
  }
}

describe('createMetrics', () => {
  it('[P1.10] counts connections by transport and code', async () => {
    const { registry, connections } = createMetrics()

    connections.opened('stream')
    connections.opened('stream')
    connections.refused('WebSocket', 'at_capacity')
    connections.closed('stream', 4200)

    const samples = samplesOf(await registry.metrics())
    expect(samples.get('pipecast_connections_opened_total{transport="stream"}')).toBe(2)
    expect(
      samples.get('pipecast_connections_refused_total{transport="WebSocket",code="at_capacity"}'),
    ).toBe(1)
    expect(samples.get('pipecast_connections_closed_total{transport="stream",code="4200"}')).toBe(1)
  })

  it('[P1.10] makes one series of all codes that only a client would close with', async () => {
    const { registry, connections } = createMetrics()

    for (const code of [3000, 3001, 4999]) connections.closed('WebSocket', code)
    connections.closed('WebSocket', 1005)

    const samples = samplesOf(await registry.metrics())
    const closed = [...samples].filter(([name]) => name.startsWith('pipecast_connections_closed'))
    expect(closed).toEqual([
      ['pipecast_connections_closed_total{transport="WebSocket",code="other"}', 3],
      ['pipecast_connections_closed_total{transport="WebSocket",code="1005"}', 1],
    ])
  })

  it('[P1.10] speaks of durations in seconds', async () => {
    const { registry, connections } = createMetrics()

    connections.fannedOut(3)

    const samples = samplesOf(await registry.metrics())
    expect(samples.get('pipecast_fan_out_duration_seconds_sum')).toBeCloseTo(0.003)
    expect(samples.get('pipecast_fan_out_duration_seconds_bucket{le="0.0025"}')).toBe(0)
    expect(samples.get('pipecast_fan_out_duration_seconds_bucket{le="0.005"}')).toBe(1)
  })

  it('[P1.10] times reads, well or not, and passes on what becomes of them', async () => {
    const { registry, timeRead } = createMetrics()
    const failure = new Error('away')

    const value = await timeRead(() => Promise.resolve(42))
    const thrown = await timeRead(() => Promise.reject(failure)).catch((error: unknown) => error)

    const samples = samplesOf(await registry.metrics())
    expect([value, thrown]).toEqual([42, failure])
    expect(samples.get('pipecast_feed_read_duration_seconds_count{outcome="ok"}')).toBe(1)
    expect(samples.get('pipecast_feed_read_duration_seconds_count{outcome="failed"}')).toBe(1)
  })

  it('[P1.10] counts the events of a batch only when it was committed', async () => {
    const { registry, timeBatch } = createMetrics()
    const failure = new Error('rejected')

    await timeBatch(12, () => Promise.resolve())
    const thrown = await timeBatch(30, () => Promise.reject(failure)).catch(
      (error: unknown) => error,
    )

    const samples = samplesOf(await registry.metrics())
    expect(thrown).toBe(failure)
    expect(samples.get('pipecast_run_events_recorded_total')).toBe(12)
    expect(samples.get('pipecast_recorder_batch_duration_seconds_count{outcome="ok"}')).toBe(1)
    expect(samples.get('pipecast_recorder_batch_duration_seconds_count{outcome="failed"}')).toBe(1)
  })

  it('[P1.10] shares nothing with another application of this process', async () => {
    const [one, other] = [createMetrics(), createMetrics()]

    one.hinted()

    expect(samplesOf(await one.registry.metrics()).get('pipecast_hints_total')).toBe(1)
    expect(samplesOf(await other.registry.metrics()).get('pipecast_hints_total')).toBe(0)
  })

  it('[P1.10] says how the process and its event loop do', async () => {
    const samples = samplesOf(await createMetrics().registry.metrics())

    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1e6)
    expect([...samples.keys()]).toContain('nodejs_eventloop_lag_p99_seconds')
  })
})

describe('addScrapedMetrics', () => {
  it('[P1.10] asks at each scrape, and invents nothing before there is any data', async () => {
    const { registry } = createMetrics()
    let active = 3
    addScrapedMetrics(registry, stateOf({ places: () => ({ active, max: 50 }) }))
    const before = samplesOf(await registry.metrics())
    active = 4

    const after = samplesOf(await registry.metrics())

    expect(before.get('pipecast_places_taken')).toBe(3)
    expect(after.get('pipecast_places_taken')).toBe(4)
    expect(after.get('pipecast_places_max')).toBe(50)
    expect([...after.keys()].filter((name) => name.startsWith('pipecast_snapshot'))).toEqual([])
  })

  it('[P1.10] gives the sums of traffic as they are, however often it is scraped', async () => {
    const { registry } = createMetrics()
    addScrapedMetrics(registry, stateOf())
    await registry.metrics()

    const samples = samplesOf(await registry.metrics())

    expect(samples.get('pipecast_connections_active{transport="stream"}')).toBe(2)
    expect(samples.get('pipecast_updates_sent_total{transport="stream"}')).toBe(7)
    expect(samples.get('pipecast_sent_bytes_total{transport="stream"}')).toBe(900)
  })

  it('[P1.10] tells the age of the data, and that it is stale', async () => {
    const { registry } = createMetrics()
    const generatedAt = new Date(NOW.getTime() - 2_500)
    const snapshot = { feed: 'pipeline-status', seq: 9, generatedAt, isStale: true }
    addScrapedMetrics(registry, stateOf({ snapshot: () => snapshot }))

    const samples = samplesOf(await registry.metrics())

    expect(samples.get('pipecast_snapshot_seq{feed="pipeline-status"}')).toBe(9)
    expect(samples.get('pipecast_snapshot_age_seconds{feed="pipeline-status"}')).toBe(2.5)
    expect(samples.get('pipecast_snapshot_stale{feed="pipeline-status"}')).toBe(1)
  })

  it.each([
    [true, 1],
    [false, 0],
  ])('[P6.3] tells whether commits are pushed: %s is %d', async (isPushed, expected) => {
    const { registry } = createMetrics()
    addScrapedMetrics(registry, stateOf({ isPushed: () => isPushed }))

    expect(samplesOf(await registry.metrics()).get('pipecast_wakeup_push')).toBe(expected)
  })

  it('[P1.10] tells what the pool does', async () => {
    const { registry } = createMetrics()
    addScrapedMetrics(registry, stateOf())

    const samples = samplesOf(await registry.metrics())

    expect(samples.get('pipecast_database_connections{state="busy"}')).toBe(2)
    expect(samples.get('pipecast_database_connections{state="idle"}')).toBe(3)
    expect(samples.get('pipecast_database_connections{state="waiting"}')).toBe(1)
  })
})
