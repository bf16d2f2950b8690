import { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFastify, localUrl } from '../../../src/server/http/create-fastify.js'
import { makeRoomWhenFull } from '../../../src/server/http/make-room.js'
import { createLog } from '../../../src/server/observability/create-log.js'
import { openRawExchange, type RawExchange } from '../../support/raw-exchange.js'

const PLACES = 3

let app: FastifyInstance
let exchanges: RawExchange[]
let answerSlowly: () => void

beforeEach(async () => {
  exchanges = []
  const answered = new Promise<void>((resolve) => {
    answerSlowly = resolve
  })
  app = createFastify(createLog('silent'), { maxConnections: 1, ingestMaxBytes: 1_024 })
  app.get('/', () => 'now')
  app.get('/slow', () => answered.then(() => 'at last'))
  await app.listen({ host: '127.0.0.1', port: 0 })
  app.server.maxConnections = PLACES
})

afterEach(async () => {
  answerSlowly()
  for (const exchange of exchanges) exchange.end()
  await app.close()
})

const requestOf = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`

async function open(): Promise<RawExchange> {
  const exchange = await openRawExchange(localUrl(app))
  exchanges.push(exchange)
  return exchange
}

/** Somebody new, who is served or turned away. */
async function comeAnew(): Promise<string> {
  const exchange = await open()
  return exchange.ask(requestOf('/')).then(
    ({ body }) => body,
    () => 'turned away',
  )
}

describe('a server that is full', () => {
  it('lets connections on which nothing is asked stay while there is room', async () => {
    const idle = await open()
    await idle.ask(requestOf('/'))
    for (let others = 1; others < PLACES; others += 1) await comeAnew()

    expect(await idle.ask(requestOf('/'))).toEqual({ status: 200, body: 'now' })
  })

  it('closes them once somebody is turned away, who then finds room', async () => {
    for (let place = 0; place < PLACES; place += 1) await comeAnew()

    expect(await comeAnew()).toBe('turned away')
    expect(await comeAnew()).toBe('now')
  })

  it('closes none whose request is not answered yet', async () => {
    const waiting = [await open(), await open()].map((one) => one.ask(requestOf('/slow')))
    await comeAnew()

    expect(await comeAnew()).toBe('turned away')
    expect(await comeAnew()).toBe('now')
    answerSlowly()

    expect(await Promise.all(waiting)).toEqual(Array(2).fill({ status: 200, body: 'at last' }))
  })
})

describe('makeRoomWhenFull', () => {
  it('closes idle connections at most every 250 ms, however many are turned away', () => {
    let nowMs = 1_000
    const closedAt: number[] = []
    const server = Object.assign(new EventEmitter(), {
      closeIdleConnections: () => closedAt.push(nowMs),
    }) as unknown as Server
    makeRoomWhenFull(server, () => nowMs)

    for (const ms of [1_000, 1_000, 1_249, 1_250, 1_499, 3_000]) {
      nowMs = ms
      server.emit('drop')
    }

    expect(closedAt).toEqual([1_000, 1_250, 3_000])
  })
})
