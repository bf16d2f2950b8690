import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { frameOf, type Received, seqsOf, Stage } from './stage.js'

let stage: Stage

beforeEach(() => {
  stage = new Stage()
})

afterEach(() => stage.close())

const types = (frames: readonly Received[]) => frames.map(({ type }) => type)

describe('Connection, at its beginning', () => {
  it('[first frame] greets with all that a client should know, then sends the newest update', async () => {
    const { client } = await stage.connect()

    expect(await client.next()).toEqual({
      type: 'connection_status',
      timestamp: '2026-01-28T12:00:00.000Z',
      data: {
        status: 'connected',
        message: 'Connected. Updates follow at once and on each change.',
        sid: 'sid-1',
        protocol: 'pipecast.v1',
        broadcast_interval_ms: 5_000,
        ping_interval_ms: 25_000,
        stale_after_ms: 60_000,
        max_age_ms: 1_800_000,
        epoch: 'e1',
      },
    })
    expect(await client.heard()).toEqual([{ ...(frameJson(1) as object) }])
  })

  it('[first frame] sends text, not binary', async () => {
    const { connection, client } = await stage.connect()
    await client.heard()
    const message = once(client.socket, 'message') as Promise<[Buffer, boolean]>
    connection.push(frameOf(2), stage.nowMs)

    const [, isBinary] = await message
    expect(isBinary).toBe(false)
  })

  it('[first frame] waits for the value to be current, greeting at once', async () => {
    let settle: () => void = () => undefined
    const ready = new Promise<void>((resolve) => {
      settle = resolve
    })
    const { client } = await stage.connect({ ready })

    expect(types(await client.heard())).toEqual(['connection_status'])
    stage.newest = frameOf(2)
    settle()

    expect((await client.next()).seq).toBe(2)
  })

  it('[first frame] is not sent a second time when the wait ends after it was pushed', async () => {
    let settle: () => void = () => undefined
    const ready = new Promise<void>((resolve) => {
      settle = resolve
    })
    const { connection, client } = await stage.connect({ ready })
    stage.newest = frameOf(2)
    connection.push(stage.newest, stage.nowMs)
    settle()
    await ready

    expect(seqsOf(await client.heard())).toEqual([2])
  })

  it('[first frame] says that there is no data yet when the wait was in vain', async () => {
    stage.newest = undefined
    const { client } = await stage.connect({ ready: Promise.resolve() })

    const frames = await client.heard()
    expect(types(frames)).toEqual(['connection_status', 'error'])
    expect(frames[1]).toMatchObject({ code: 'no_data', retry_after_ms: 5_000 })
  })
})

describe('Connection, for a quick and a slow reader', () => {
  it('[conflation] withholds nothing that can leave at once', async () => {
    const { connection, client } = await stage.connect()
    for (const seq of [2, 3, 4]) connection.push(frameOf(seq), stage.nowMs)
    await client.until(() => client.received.at(-1)?.seq === 4)

    expect(seqsOf(client.received)).toEqual([1, 2, 3, 4])
    expect(connection.framesSent).toBe(4)
  })

  it('[conflation] keeps one frame for a client that does not read, however many come', async () => {
    stage.newest = undefined
    const { connection, client } = await stage.connect()
    await client.heard()
    client.socket.pause()
    connection.push(frameOf(1, 'x'.repeat(16_000_000)), stage.nowMs)
    for (let seq = 2; seq <= 10; seq += 1) {
      connection.push(frameOf(seq), stage.nowMs)
      await stage.advance(0)
    }
    expect(connection.framesSent).toBe(1)

    client.socket.resume()
    await client.until(() => client.received.at(-1)?.seq === 10)

    expect(seqsOf(client.received)).toEqual([1, 10])
  })

  it('[too slow] closes 4101 when a frame was not read for 60 s, not a millisecond before', async () => {
    stage.newest = undefined
    const { connection, client, socket } = await stage.connect()
    await client.heard()
    client.socket.pause()
    connection.push(frameOf(1, 'x'.repeat(16_000_000)), stage.nowMs)
    await stage.advance(59_999)
    expect(socket.readyState).toBe(socket.OPEN)
    client.say({ type: 'ping' }) // it is alive, it only does not read
    await once(socket, 'message')

    await stage.advance(1)
    expect(socket.readyState).toBe(socket.CLOSING)
    client.socket.resume()

    expect(await client.closed).toEqual({ code: 4101, reason: 'too slow to read' })
  })
})

describe('Connection, what a client may say', () => {
  it('[messages] answers ping with pong', async () => {
    const { client } = await stage.connect()
    await client.heard()
    client.say({ type: 'ping' })

    expect(await client.next()).toEqual({ type: 'pong', timestamp: '2026-01-28T12:00:00.000Z' })
  })

  it('[messages] answers refresh with the full update', async () => {
    const { client } = await stage.connect()
    await client.heard()
    client.say({ type: 'refresh' })

    expect(seqsOf(await client.heard())).toEqual([1])
  })

  it('[messages] pause stops the flow, resume begins it with what is newest then', async () => {
    const { connection, client } = await stage.connect()
    await client.heard()
    client.say({ type: 'pause' })
    await client.heard()
    for (const seq of [2, 3]) {
      stage.newest = frameOf(seq)
      connection.push(stage.newest, stage.nowMs)
    }
    await stage.advance(5_000)
    expect(await client.heard()).toEqual([])

    client.say({ type: 'resume' })
    expect(seqsOf(await client.heard())).toEqual([3])
    connection.push(frameOf(4), stage.nowMs)

    expect(seqsOf(await client.heard())).toEqual([4])
  })

  it('[messages] pause forgets what waits, so that resume sends nothing old', async () => {
    stage.newest = undefined
    const { connection, client, socket } = await stage.connect()
    await client.heard()
    client.socket.pause()
    connection.push(frameOf(1, 'x'.repeat(16_000_000)), stage.nowMs)
    connection.push(frameOf(2), stage.nowMs)
    client.say({ type: 'pause' })
    await once(socket, 'message')
    client.socket.resume()

    expect(seqsOf(await client.heard())).toEqual([1])
    expect(connection.framesSent).toBe(1)
  })

  it('[P3.7] says what is wrong with a bad message, and goes on', async () => {
    const { client } = await stage.connect()
    await client.heard()
    client.say('hello')
    client.socket.send(Buffer.from('{"type":"refresh"}'), { binary: true })

    const frames = await client.heard()
    expect(frames.map(({ code }) => code)).toEqual(['bad_message', 'bad_message'])
    expect(frames[0]).not.toHaveProperty('retry_after_ms')
  })

  it('[messages] closes 1008 at the fifth bad one', async () => {
    const { client, socket } = await stage.connect()
    for (let count = 0; count < 4; count += 1) client.say('hello')
    await client.heard()
    expect(socket.readyState).toBe(socket.OPEN)
    client.say('hello')

    expect(await client.closed).toEqual({ code: 1008, reason: 'too many bad messages' })
    expect(client.received.at(-1)).toMatchObject({ type: 'error', code: 'bad_message' })
  })

  it('[messages] closes 1008 at the 21st in 10 s, and says why', async () => {
    const { client, socket } = await stage.connect()
    for (let count = 0; count < 20; count += 1) await client.heard()
    expect(socket.readyState).toBe(socket.OPEN)
    client.say({ type: 'ping' })

    expect(await client.closed).toEqual({ code: 1008, reason: 'too many messages' })
    expect(client.received.at(-1)).toMatchObject({ type: 'error', code: 'too_many_messages' })
  })

  it('[messages] takes the 21st when the window has moved on', async () => {
    const { client } = await stage.connect()
    for (let count = 0; count < 20; count += 1) await client.heard()
    await stage.advance(10_000)

    expect(seqsOf(await client.heard())).toEqual([1])
  })
})

describe('Connection, at its end', () => {
  it('[shutdown] says when to come back, in a frame and in the close reason', async () => {
    const { connection, client } = await stage.connect()
    await client.heard()
    connection.closeForRestart(1_234)

    expect(await client.next()).toMatchObject({
      type: 'connection_closing',
      reason: 'restart',
      retry_after_ms: 1_234,
    })
    expect(await client.closed).toEqual({ code: 1001, reason: 'restart;retry=1234' })
  })

  it('[shutdown] cuts off without a word when told to', async () => {
    const { connection, client } = await stage.connect()
    connection.terminate()

    expect((await client.closed).code).toBe(1006)
  })

  it('[shutdown] sends nothing more, and looks at no clock, once it has ended', async () => {
    stage.close()
    stage = new Stage({ maxAgeMs: 10_000 })
    const { connection, client, socket } = await stage.connect()
    await client.heard()
    client.socket.pause() // the close is not answered yet
    connection.closeForRestart(0)
    connection.push(frameOf(2), stage.nowMs)
    await stage.advance(9_500)
    expect(socket.readyState).toBe(socket.CLOSING)
    client.socket.resume()
    await client.closed

    expect(connection.framesSent).toBe(1)
    expect(stage.notices).toBe(0)
    expect(types(client.received).at(-1)).toBe('connection_closing')
  })

  it('[shutdown] ends when the client leaves', async () => {
    stage.close()
    stage = new Stage({ maxAgeMs: 10_000 })
    const { connection, client, socket } = await stage.connect()
    await client.heard()
    client.socket.close(1000)
    await once(socket, 'close')
    connection.push(frameOf(2), stage.nowMs)
    await stage.advance(9_500)

    expect(connection.framesSent).toBe(1)
    expect(stage.notices).toBe(0)
  })
})

function frameJson(seq: number): unknown {
  return JSON.parse(frameOf(seq).message.payload.toString('utf8'))
}
