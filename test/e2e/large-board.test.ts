import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Json } from '../../src/protocol/index.js'
import { DocumentFollower } from '../support/document-follower.js'
import { samplesOf } from '../support/prometheus-text.js'
import { requestUpgrade } from '../support/raw-socket.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { isUpdate, openSocket, PIPELINE_STATUS_PATH } from '../support/socket-client.js'
import { openStream, PIPELINE_STATUS_STREAM } from '../support/stream-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

/** So many make a frame of half a megabyte. */
const JOBS = 1_200
const BATCH = 400
const CHANGES = 200
const BYTES_PER_SECOND = 1_000_000
const MEGABYTE = 1_048_576

/** What may wait for slow readers, and what a server with a board like this needs for itself. */
const BACKLOG_BYTES = 64 * MEGABYTE
const SLACK_BYTES = 30 * MEGABYTE

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
  const server = await start()
  for (let first = 0; first < JOBS; first += BATCH) {
    const jobs = Array.from({ length: BATCH }, (_, index) => `source-${first + index}`)
    await report(
      server.url,
      jobs.map((job) => runEvent('COMPLETE', job)),
    )
  }
  await server.stop()
}, 120_000)

afterAll(() => database.drop())

async function start(env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const server = await startServer({
    databaseUrl: database.connectionString,
    env: { MAX_CONNECTIONS: '1000', MAX_CONNECTIONS_PER_ADDRESS: '1000', ...env },
  })
  return server
}

const change = ({ url }: ServerProcess, index: number) =>
  report(url, runEvent('COMPLETE', `source-${index % JOBS}`))

/** One change after the other for so long. @returns how many. */
async function changeFor(server: ServerProcess, durationMs: number): Promise<number> {
  const until = performance.now() + durationMs
  let count = 0
  for (; performance.now() < until; count += 1) await change(server, count)
  return count
}

const seqNow = async (server: ServerProcess) =>
  Number((await server.get('/api/v1/monitoring/pipeline-status')).headers.get('pipecast-seq'))

describe('a board of half a megabyte that changes all the time', { timeout: 120_000 }, () => {
  it('[P3.11] costs no connection more than the set rate, and everybody sees the end', async () => {
    const server = await start()
    onTestFinished(() => server.kill())
    const url = server.socketUrl + PIPELINE_STATUS_PATH
    const plain = await openSocket(url)
    const patched = await openSocket(url, { protocols: ['pipecast.v1.patch'] })
    const stream = await openStream(server.url + PIPELINE_STATUS_STREAM)
    await Promise.all([plain, patched].map((one) => one.ofType('pipeline_status_update')))
    await stream.ofType('pipeline_status_update')
    const began = performance.now()
    const changes = await changeFor(server, 4_000)
    const changedMs = performance.now() - began
    await delay(500) // by then the last commit has been read
    const seq = await seqNow(server)
    await Promise.all([plain, patched].map((one) => one.frame((frame) => frame.seq === seq)))
    await stream.message((frame) => frame.seq === seq)

    const frameBytes = plain.frames[1]!.text.length
    const during = plain.frames.filter(({ receivedAt }) => receivedAt < began + changedMs)
    const rate = ((during.length - 2) * frameBytes) / (changedMs / 1_000)
    const streamed = stream.updates.filter(({ receivedAt }) => receivedAt < began + changedMs)
    const streamRate = ((streamed.length - 1) * frameBytes) / (changedMs / 1_000)
    const follower = new DocumentFollower()
    for (const frame of patched.parsed) follower.take(frame as never)
    console.log(
      `${changes} changes in ${changedMs.toFixed(0)} ms of a frame of ${frameBytes} bytes: ${rate.toFixed(0)} bytes/s to a socket, ${streamRate.toFixed(0)} to a stream; ${JSON.stringify(follower.counts)} to one who takes patches`,
    )
    expect(frameBytes).toBeGreaterThan(400_000)
    // One frame more than the rate: the one that came at the beginning, after a quiet time.
    expect(rate).toBeLessThan(BYTES_PER_SECOND + frameBytes / (changedMs / 1_000))
    expect(streamRate).toBeLessThan(BYTES_PER_SECOND + frameBytes / (changedMs / 1_000))
    expect(follower.counts.patch).toBeGreaterThan(during.length)
    expect(follower.document).toEqual(
      await server.getJson<Json>('/api/v1/monitoring/pipeline-status'),
    )
    await Promise.all([plain.leave(), patched.leave()])
    stream.leave()
  })

  it('[P5.2] is held in memory for readers that stop, but no more of it than may wait', async () => {
    const server = await start({ MAX_BYTES_PER_SECOND: '1000000000' })
    onTestFinished(() => server.kill())
    const readers: Socket[] = []
    onTestFinished(() => readers.forEach((reader) => reader.destroy()))
    const memory = async () => {
      const samples = samplesOf(await (await server.get('/metrics')).text())
      const cut = samples.get(
        'pipecast_connections_closed_total{transport="WebSocket",code="4101"}',
      )
      return {
        externalBytes: samples.get('nodejs_external_memory_bytes') ?? NaN,
        rssBytes: samples.get('process_resident_memory_bytes') ?? NaN,
        cut: cut ?? 0,
      }
    }
    const watcher = await openSocket(server.socketUrl + PIPELINE_STATUS_PATH)
    const changeSeen = async (index: number) => {
      const from = watcher.frames.length
      await change(server, index)
      await watcher.frame(isUpdate, { from })
    }
    for (let index = 0; index < 20; index += 1) await changeSeen(index)
    const before = await memory()
    let most = before
    for (let index = 0; index < CHANGES; index += 1) {
      const reader = requestUpgrade(server.socketUrl + PIPELINE_STATUS_PATH)
      reader.pause() // for ever
      readers.push(reader)
      await changeSeen(index)
      const now = await memory()
      if (now.externalBytes > most.externalBytes) most = now
    }
    const after = await memory()

    const grown = (key: 'externalBytes' | 'rssBytes') =>
      `${((most[key] - before[key]) / MEGABYTE).toFixed(0)} MB`
    console.log(
      `${CHANGES} readers that stopped one after the other: at most ${grown('externalBytes')} more in buffers, ${grown('rssBytes')} more resident; ${after.cut} were cut off`,
    )
    expect(after.cut).toBeGreaterThan(0)
    expect(after.cut).toBeLessThan(CHANGES / 2)
    expect(most.externalBytes - before.externalBytes).toBeLessThan(BACKLOG_BYTES + SLACK_BYTES)
  })
})
