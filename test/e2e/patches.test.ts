import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDocumentHash, type Json } from '../../src/protocol/index.js'
import { describeInChromium, launchChromium } from '../support/chromium.js'
import { DocumentFollower } from '../support/document-follower.js'
import { PythonClient } from '../support/foreign-client.js'
import { FrameClient } from '../support/frame-client.js'
import { hasPython } from '../support/python.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { PIPELINE_STATUS_PATH } from '../support/socket-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const JOBS = 30
const PATCHED = 'pipecast.v1, pipecast.v1.patch'
const DEFLATE = 'permessage-deflate; client_max_window_bits'
const hash = createDocumentHash()

let database: TestDatabase
let server: ServerProcess
let url: string

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({
    databaseUrl: database.connectionString,
    env: { BROADCAST_INTERVAL_MS: '1000' },
  })
  url = server.socketUrl + PIPELINE_STATUS_PATH
  for (let job = 0; job < JOBS; job += 1) await change(job)
})

afterAll(async () => {
  await server.kill()
  await database.drop()
})

const change = (job: number) => report(server.url, runEvent('COMPLETE', `größe-${job % JOBS}`))

/** What a client knows after all that it was sent. */
function followed(client: FrameClient): DocumentFollower {
  const follower = new DocumentFollower()
  for (const message of client.messages) follower.take(message as never)
  return follower
}

const isAbout = (client: FrameClient, type: string) =>
  client.messages.some((message) => message['type'] === type)

async function pollDocument(): Promise<Json> {
  return server.getJson<Json>('/api/v1/monitoring/pipeline-status')
}

describe('patches from the built server', () => {
  it('[P2.7] [P3.9] come to one who offers them, who ends up with the same document', async () => {
    const patched = await FrameClient.open(url, { protocols: PATCHED, extensions: DEFLATE })
    const full = await FrameClient.open(url, { protocols: 'pipecast.v1' })
    for (const client of [patched, full]) {
      await client.until(() => isAbout(client, 'pipeline_status_update'))
    }
    for (let job = 0; job < 20; job += 1) await change(job)
    await delay(1_300)

    const [one, other] = [followed(patched), followed(full)]
    expect(patched.header('sec-websocket-protocol')).toBe('pipecast.v1.patch')
    expect(full.header('sec-websocket-protocol')).toBe('pipecast.v1')
    expect(patched.messages[0]).toMatchObject({ data: { protocol: 'pipecast.v1.patch' } })
    expect(one.counts.patch).toBeGreaterThan(0)
    expect(one.counts.unchanged).toBeGreaterThan(0)
    expect(other.counts).toMatchObject({ patch: 0, unchanged: 0 })
    expect(one.seq).toBe(other.seq)
    expect(one.document).toEqual(other.document)
    expect(hash(one.document!)).toBe(hash(await pollDocument()))
    const bytesOf = (client: FrameClient, type: string) =>
      client.frames.find(({ payload }) => payload.includes(`"type":"${type}"`))?.wireBytes
    console.log(
      `an update of ${bytesOf(full, 'pipeline_status_update')} bytes: ${bytesOf(patched, 'pipeline_status_update')} compressed, ${bytesOf(patched, 'pipeline_status_patch')} as a patch`,
    )
    patched.end()
    full.end()
  })

  it('[P3.9] refresh and resume are answered by a whole update', async () => {
    const client = await FrameClient.open(url, { protocols: PATCHED })
    await client.until(() => isAbout(client, 'pipeline_status_update'))
    for (const [count, say] of [['refresh'], ['pause', 'resume']].entries()) {
      for (const type of say) client.send('text', JSON.stringify({ type }))
      await client.until(() => followed(client).counts.full === count + 2)
    }

    client.end()
  })
})

// Needs Python; where that is missing, the console says what is left out and how to get it.
describe.skipIf(!hasPython)('patches for Python’s own sockets, json and zlib', () => {
  it.each([
    ['plain', ''],
    ['compressed', DEFLATE],
    ['with a window of 2^9', 'permessage-deflate; server_max_window_bits=9'],
  ])('[P3.9] [P3.10] agree on every document and hash, %s', async (_, extensions) => {
    const foreign = PythonClient.bySockets(url, PATCHED, extensions)
    await foreign.until(() => foreign.states.length > 0)
    for (let job = 0; job < 5; job += 1) await change(job)
    await foreign.until(() => foreign.states.at(-1)?.seq === foreign.states.at(-2)?.seq)
    await foreign.end()

    const last = foreign.states.at(-1)!
    expect(foreign.states.some(({ type }) => type === 'pipeline_status_patch')).toBe(true)
    expect(foreign.states[0]?.isCompressed).toBe(extensions !== '')
    expect(JSON.parse(last.canonical)).toEqual(await pollDocument())
    for (const state of foreign.states) {
      expect(hash(JSON.parse(state.canonical) as Json)).toBe(state.hash)
    }
  })
})

describeInChromium('patches for the WebSocket of Chromium', () => {
  it('[P3.9] [P3.10] arrive compressed or not, and lead to the same document', async () => {
    const browser = await launchChromium()
    const page = await browser.newPage()
    await page.goto(`${server.url}/health`)
    await page.evaluate((socketUrl) => {
      const heard: string[] = []
      Object.assign(globalThis, { heard })
      const socket = new WebSocket(socketUrl, ['pipecast.v1', 'pipecast.v1.patch'])
      socket.onmessage = ({ data }) => heard.push(String(data))
      return new Promise((resolve) => (socket.onopen = resolve))
    }, url)
    for (let job = 0; job < 5; job += 1) await change(job)
    await delay(1_300)
    const heard = await page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard)
    await browser.close()

    const follower = new DocumentFollower()
    for (const text of heard) follower.take(JSON.parse(text) as never)
    expect(follower.counts.patch).toBeGreaterThan(0)
    expect(follower.document).toEqual(await pollDocument())
  })
})
