import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FrameClient } from '../support/frame-client.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { PIPELINE_STATUS_PATH } from '../support/socket-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let database: TestDatabase
let server: ServerProcess
let url: string

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.connectionString })
  url = server.socketUrl + PIPELINE_STATUS_PATH
  for (let job = 0; job < 10; job += 1) await report(server.url, runEvent('COMPLETE', `job-${job}`))
})

afterAll(async () => {
  await server.kill()
  await database.drop()
})

describe('compression on the built server', () => {
  it('[P3.10] gives a browser the same update in a fraction of the bytes', async () => {
    const browser = await FrameClient.open(url, {
      extensions: 'permessage-deflate; client_max_window_bits',
    })
    const plain = await FrameClient.open(url)
    for (const client of [browser, plain]) await client.until(() => client.messages.length >= 2)

    const [compressed, bare] = [browser.frames[1]!, plain.frames[1]!]
    console.log(`an update of ${bare.wireBytes} bytes: ${compressed.wireBytes} compressed`)
    expect(compressed.isCompressed).toBe(true)
    expect(bare.isCompressed).toBe(false)
    expect(compressed.wireBytes).toBeLessThan(bare.wireBytes / 3)
    expect(browser.messages[1]).toHaveProperty('data', plain.messages[1]?.['data'])
    browser.end()
    plain.end()
  })

  it('[P3.10] reads what a client compresses, and answers', async () => {
    const client = await FrameClient.open(url, { extensions: 'permessage-deflate' })
    client.send('text', '{"type":"ping"}', { compress: true })
    await client.until(() => client.messages.some(({ type }) => type === 'pong'))

    client.end()
  })

  it('[P4.6] closes 1009 for a small frame that inflates to a large message', async () => {
    const client = await FrameClient.open(url, { extensions: 'permessage-deflate' })
    client.send('text', JSON.stringify({ type: 'x'.repeat(1_000_000) }), { compress: true })
    await client.until(() => client.frames.some(({ kind }) => kind === 'close'))

    expect(client.frames.at(-1)?.payload.readUInt16BE()).toBe(1009)
    client.end()
  })
})
