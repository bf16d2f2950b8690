import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFastify, localUrl } from '../../../src/server/http/create-fastify.js'
import { createLog } from '../../../src/server/observability/create-log.js'
import { openRawExchange, type RawExchange } from '../../support/raw-exchange.js'

const MiB = 1_048_576

let app: FastifyInstance
let exchange: RawExchange

beforeEach(async () => {
  app = createFastify(createLog('silent'), { maxConnections: 5, ingestMaxBytes: 8 * MiB })
  await app.listen({ host: '127.0.0.1', port: 0 })
  exchange = await openRawExchange(localUrl(app))
})

afterEach(async () => {
  exchange.end()
  await app.close()
})

async function answerTo(request: string) {
  const { status, body } = await exchange.ask(request)
  return { status, ...(JSON.parse(body) as { readonly code: string; readonly message: string }) }
}

describe('a request that never was one', () => {
  it('[P1.7] is answered in the form of every other error when it is no HTTP', async () => {
    expect(await answerTo('what is going on?\r\n\r\n')).toEqual({
      status: 400,
      code: 'bad_request',
      message: 'this is not HTTP/1.1',
    })
  })

  it('[P1.7] is answered so when its head is too large', async () => {
    const head = `GET / HTTP/1.1\r\nHost: x\r\nCookie: ${'x'.repeat(10_000)}\r\n\r\n`

    expect(await answerTo(head)).toMatchObject({ status: 431, code: 'headers_too_large' })
  })

  it('[P1.7] is answered so when its head does not come to an end within 5 s', async () => {
    expect(await answerTo('GET / HTTP/1.1\r\nHost: x\r\n')).toMatchObject({
      status: 408,
      code: 'request_timeout',
    })
  }, 10_000)

  it('[P7.3] has the time that the largest report takes over a slow uplink', () => {
    const oneMegabitMs = (8 * MiB * 8) / 1_000

    expect(app.server.requestTimeout).toBeGreaterThan(oneMegabitMs)
    expect(app.server.headersTimeout).toBe(5_000)
  })
})
