import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { frameOf, seqsOf, Stage } from './stage.js'

let stage: Stage

beforeEach(() => {
  stage = new Stage()
})

afterEach(() => stage.close())

describe('Connection, its clocks', () => {
  it('[broadcast] repeats the newest update each 5 s, not a millisecond earlier', async () => {
    const { client } = await stage.connect()
    await client.heard()

    await stage.advance(4_999)
    expect(await client.heard()).toEqual([])
    await stage.advance(1)
    expect(seqsOf(await client.heard())).toEqual([1])
    await stage.advance(5_000)
    expect(seqsOf(await client.heard())).toEqual([1])
  })

  it('[broadcast] counts the 5 s from the last update, whatever brought it', async () => {
    const { connection, client } = await stage.connect()
    await stage.advance(3_000)
    connection.push(frameOf(2), stage.nowMs)
    await client.heard()

    await stage.advance(4_999)
    expect(await client.heard()).toEqual([])
    await stage.advance(1)
    expect(await client.heard()).toHaveLength(1)
  })

  it('[broadcast] says nothing while there is nothing to say', async () => {
    stage.newest = undefined
    const { client } = await stage.connect()
    await client.heard()
    await stage.advance(5_000)

    expect(await client.heard()).toEqual([])
  })

  it('[sign of life] pings each 25 s', async () => {
    const { client } = await stage.connect()
    await stage.advance(24_999)
    await client.heard()
    expect(client.pings).toBe(0)

    await stage.advance(1)
    await client.until(() => client.pings === 1)
    await stage.advance(25_000)
    await client.until(() => client.pings === 2)
  })

  it('[sign of life] closes 4201 after 60 s of silence, not a millisecond before', async () => {
    const { client, socket } = await stage.connect({ isSilent: true })

    await stage.advance(59_999)
    expect(socket.readyState).toBe(socket.OPEN)
    await stage.advance(1)

    expect(await client.closed).toEqual({ code: 4201, reason: 'no sign of life' })
  })

  it('[sign of life] lets a tab that only listens live: a pong is life enough', async () => {
    const { client, socket } = await stage.connect()
    for (let round = 0; round < 6; round += 1) {
      const pong = once(socket, 'pong')
      await stage.advance(25_000)
      await pong
    }

    expect(socket.readyState).toBe(socket.OPEN)
    expect(client.received.length).toBeGreaterThan(1)
  })

  it.each(['message', 'ping', 'pong'] as const)('[sign of life] a %s proves life', async (kind) => {
    const { client, socket } = await stage.connect({ isSilent: true })
    await stage.advance(59_999)
    const heard = once(socket, kind)
    if (kind === 'message') client.say('anything')
    else client.socket[kind]()
    await heard

    await stage.advance(59_999)

    expect(socket.readyState).toBe(socket.OPEN)
  })

  it('[age] announces the end, lets a successor come, and closes 4200 at its millisecond', async () => {
    stage.close()
    stage = new Stage({ maxAgeMs: 10_000, broadcastIntervalMs: 1e9 })
    const { client, socket } = await stage.connect()
    await client.heard()

    await stage.advance(8_999)
    expect(stage.notices).toBe(0)
    await stage.advance(1)
    expect(await client.heard()).toEqual([
      {
        type: 'connection_closing',
        timestamp: '2026-01-28T12:00:09.000Z',
        reason: 'max_age',
        retry_after_ms: 0,
      },
    ])
    await stage.advance(999)
    expect(socket.readyState).toBe(socket.OPEN)
    expect(stage.notices).toBe(1)
    await stage.advance(1)

    expect(await client.closed).toEqual({ code: 4200, reason: 'maximum age' })
  })
})
