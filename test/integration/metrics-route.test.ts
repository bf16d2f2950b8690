import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { samplesOf } from '../support/prometheus-text.js'
import { openRawExchange } from '../support/raw-exchange.js'
import { report, runEvent } from '../support/reports.js'
import { attemptSocket, openSocket, PIPELINE_STATUS_PATH } from '../support/socket-client.js'
import { openStream, PIPELINE_STATUS_STREAM } from '../support/stream-client.js'
import { startReadyApp, type TestApp } from '../support/test-app.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const TOKEN = 'a-long-metrics-token-0123456789'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.drop())

async function start(settings: Readonly<Record<string, string>> = {}): Promise<TestApp> {
  const app = await startReadyApp(database.connectionString, settings)
  onTestFinished(() => app.close())
  return app
}

async function scrape(app: TestApp) {
  const response = await fetch(`${app.url}/metrics`)
  return { response, samples: samplesOf(await response.text()) }
}

describe('GET /metrics', () => {
  it('[P1.10] follows what happens, from the report to the wire', async () => {
    const app = await start({ MAX_CONNECTIONS: '2', BROADCAST_INTERVAL_MS: '3600000' })
    const socket = await openSocket(app.url.replace('http', 'ws') + PIPELINE_STATUS_PATH)
    const stream = await openStream(app.url + PIPELINE_STATUS_STREAM)
    await attemptSocket(app.url.replace('http', 'ws') + PIPELINE_STATUS_PATH)
    await stream.ofType('pipeline_status_update')
    await report(app.url, runEvent('COMPLETE', 'measured'))
    await stream.message(({ data }) => JSON.stringify(data).includes('measured'))
    await socket.frame(({ data }) => JSON.stringify(data).includes('measured'))

    const { response, samples } = await scrape(app)

    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-store')
    for (const transport of ['WebSocket', 'stream']) {
      const about = `{transport="${transport}"}`
      expect(samples.get(`pipecast_connections_active${about}`)).toBe(1)
      expect(samples.get(`pipecast_connections_opened_total${about}`)).toBe(1)
      expect(samples.get(`pipecast_updates_sent_total${about}`)).toBeGreaterThanOrEqual(2)
      expect(samples.get(`pipecast_sent_bytes_total${about}`)).toBeGreaterThan(500)
    }
    expect(
      samples.get('pipecast_connections_refused_total{transport="WebSocket",code="at_capacity"}'),
    ).toBe(1)
    expect(samples.get('pipecast_places_taken')).toBe(2)
    expect(samples.get('pipecast_places_max')).toBe(2)
    expect(samples.get('pipecast_run_events_recorded_total')).toBe(1)
    expect(samples.get('pipecast_hints_total')).toBeGreaterThanOrEqual(1)
    expect(samples.get('pipecast_fan_out_duration_seconds_count')).toBeGreaterThanOrEqual(1)
    expect(
      samples.get('pipecast_feed_read_duration_seconds_count{outcome="ok"}'),
    ).toBeGreaterThanOrEqual(2)
    expect(samples.get('pipecast_snapshot_stale{feed="pipeline-status"}')).toBe(0)
    await socket.leave()
    stream.leave()
    await expect
      .poll(async () =>
        (await scrape(app)).samples.get(
          'pipecast_connections_closed_total{transport="stream",code="1000"}',
        ),
      )
      .toBe(1)
    const after = await scrape(app)
    expect(after.samples.get('pipecast_connections_active{transport="stream"}')).toBe(0)
    expect(
      after.samples.get('pipecast_updates_sent_total{transport="stream"}'),
    ).toBeGreaterThanOrEqual(2)
  })

  it('[P1.10] needs the token where one is set', async () => {
    const app = await start({ METRICS_TOKEN: TOKEN })
    const ask = (authorization?: string) =>
      fetch(`${app.url}/metrics`, authorization === undefined ? {} : { headers: { authorization } })

    const [none, wrong, right] = await Promise.all([
      ask(),
      ask(`Bearer ${TOKEN}x`),
      ask(`Bearer ${TOKEN}`),
    ])

    expect([none.status, wrong.status, right.status]).toEqual([401, 401, 200])
    expect(await none.json()).toMatchObject({ code: 'unauthorized' })
  })

  it('[P1.10] is closed to what a proxy brings in, where no token is set', async () => {
    const app = await start()

    const answer = await fetch(`${app.url}/metrics`, {
      headers: { 'X-Forwarded-For': '127.0.0.1' },
    })

    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ code: 'metrics_closed' })
  })

  it.each([
    ['status.example.com', 403],
    ['127.0.0.1.example.com:8000', 403],
    ['localhost:8000', 200],
    ['127.0.0.1', 200],
    ['[::1]:8000', 200],
  ])('[P1.10] asked for as %s by a peer on this machine, answers %i', async (host, status) => {
    const app = await start()
    const exchange = await openRawExchange(app.url)
    onTestFinished(() => exchange.end())

    const answer = await exchange.ask(`GET /metrics HTTP/1.1\r\nHost: ${host}\r\n\r\n`)

    expect(answer.status).toBe(status)
  })
})
