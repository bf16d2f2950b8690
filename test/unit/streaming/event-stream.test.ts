import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StreamClient } from '../../support/stream-client.js'
import { publicationOf, StreamStage } from './stream-stage.js'

let stage: StreamStage

beforeEach(() => {
  stage = new StreamStage()
})

afterEach(() => stage.close())

function restage(times: ConstructorParameters<typeof StreamStage>[0]): void {
  stage.close()
  stage = new StreamStage(times)
}

/** What the client has heard once all that was written has arrived. */
async function heard(client: StreamClient): Promise<readonly (string | number)[]> {
  await delay(25)
  return client.frames.map(({ type, seq }) => (type === 'pipeline_status_update' ? seq : type))
}

describe('EventStream, its beginning', () => {
  it('[P1.8] [P5.7] greets as a socket does, with the times of a stream, and sends the newest update', async () => {
    const { client } = await stage.connect()

    await client.ofType('pipeline_status_update')

    expect(client.messages[0]).toMatchObject({ retryMs: 5_000, id: undefined })
    expect(client.frames[0]).toMatchObject({
      type: 'connection_status',
      timestamp: '2026-01-28T12:00:00.000Z',
      data: {
        status: 'connected',
        sid: 'sid-1',
        protocol: 'pipecast.v1',
        epoch: 'e1',
        broadcast_interval_ms: 5_000,
        ping_interval_ms: 15_000,
        stale_after_ms: 60_000,
        max_age_ms: 840_000,
      },
    })
    expect(client.messages[1]).toMatchObject({ id: 'e1:1', retryMs: undefined })
  })

  it('[P5.7] does not repeat at once the update that the client has', async () => {
    const { client, stream } = await stage.connect({ lastEventId: 'e1:1' })

    expect(await heard(client)).toEqual(['connection_status'])
    stream.push(undefined, stage.nowMs)
    expect(await heard(client)).toEqual(['connection_status'])
    stage.publish(stream, publicationOf(2))
    expect(await heard(client)).toEqual(['connection_status', 2])
  })

  it('[P5.7] repeats what the client has at the next interval, as always', async () => {
    const { client } = await stage.connect({ lastEventId: 'e1:1' })

    await stage.advance(4_999)
    expect(await heard(client)).toEqual(['connection_status'])
    await stage.advance(1)

    expect(await heard(client)).toEqual(['connection_status', 1])
  })

  it.each(['e1:0', 'e0:1', 'e1:1x', ''])(
    '[P5.7] sends the newest update to one who was at "%s"',
    async (lastEventId) => {
      const { client } = await stage.connect({ lastEventId })

      expect(await heard(client)).toEqual(['connection_status', 1])
    },
  )

  it('[P5.7] says to one who has the newest data that it has become stale', async () => {
    stage.newest = publicationOf(1, true)
    const { client } = await stage.connect({ lastEventId: 'e1:1' })

    await client.ofType('pipeline_status_update')

    expect(client.updates[0]?.frame.stale).toBe(true)
  })

  it('[P3.2] waits for the read that all newcomers share', async () => {
    let read = () => {}
    const ready = new Promise<void>((resolve) => {
      read = resolve
    })
    const { client } = await stage.connect({ ready })

    await stage.advance(5_000)
    expect(await heard(client)).toEqual(['connection_status'])
    stage.newest = publicationOf(2)
    read()

    expect(await heard(client)).toEqual(['connection_status', 2])
  })

  it('[P3.2] sends no second time what was pushed while it waited', async () => {
    let read = () => {}
    const ready = new Promise<void>((resolve) => {
      read = resolve
    })
    const { client, stream } = await stage.connect({ ready })

    stage.publish(stream, publicationOf(2))
    read()

    expect(await heard(client)).toEqual(['connection_status', 2])
  })

  it('[P3.8] says that there is no data yet, and sends it when there is', async () => {
    stage.newest = undefined
    const { client, stream } = await stage.connect({ ready: Promise.resolve() })

    const error = await client.ofType('error')
    stage.publish(stream, publicationOf(1))

    expect(error.frame).toMatchObject({ code: 'no_data', retry_after_ms: 5_000 })
    expect(await heard(client)).toEqual(['connection_status', 'error', 1])
  })
})

describe('EventStream, its clocks', () => {
  it('[P3.3] repeats the newest update each 5 s from the last one, not a millisecond earlier', async () => {
    const { client, stream } = await stage.connect()
    await stage.advance(3_000)
    stage.publish(stream, publicationOf(2))

    await stage.advance(4_999)
    expect(await heard(client)).toEqual(['connection_status', 1, 2])
    await stage.advance(1)

    expect(await heard(client)).toEqual(['connection_status', 1, 2, 2])
  })

  it('[P5.7] sends a comment each 15 s, and never counts a reader as silent', async () => {
    restage({ broadcastIntervalMs: 3_600_000, maxAgeMs: 10_000_000 })
    const { client, ends } = await stage.connect()

    await stage.advance(14_999)
    await delay(20)
    expect(client.commentedAt).toHaveLength(0)
    for (let round = 0; round < 6; round += 1) await stage.advance(round === 0 ? 1 : 15_000)
    await delay(20)

    expect(client.commentedAt).toHaveLength(6)
    expect(ends).toEqual([])
  })

  it('[P5.7] ends at its age, announced, with a word to browsers on when to come back', async () => {
    restage({ broadcastIntervalMs: 1e9, maxAgeMs: 10_000 })
    const { client, ends } = await stage.connect()

    await stage.advance(8_999)
    expect(stage.notices).toBe(0)
    await stage.advance(1)
    const closing = await client.ofType('connection_closing')
    await stage.advance(999)
    expect(ends).toEqual([])
    await stage.advance(1)

    expect(await client.ended).toMatchObject({ isWhole: true })
    expect(stage.notices).toBe(1)
    expect(closing.frame).toMatchObject({ reason: 'max_age', retry_after_ms: 0 })
    expect(closing.retryMs).toBe(500)
    await expect.poll(() => ends).toEqual([{ code: 4200, reason: 'maximum age' }])
  })

  it('[P5.7] ends before 15 minutes, whatever the age of sockets', async () => {
    restage({ broadcastIntervalMs: 1e9, maxAgeMs: 7 * 86_400_000 })
    const { client, ends } = await stage.connect()

    await stage.advance(839_999)
    expect(ends).toEqual([])
    await stage.advance(1)

    expect(await client.ended).toMatchObject({ isWhole: true })
  })

  it('[P5.7] ends with an error when the token expires, not a millisecond before', async () => {
    const expiresAt = new Date(stage.context.now().getTime() + 2_000)
    const { client, ends } = await stage.connect({ token: { isAccepted: true, expiresAt } })

    await stage.advance(1_999)
    expect(await heard(client)).toEqual(['connection_status', 1])
    await stage.advance(1)
    await client.ended

    expect(client.frames.at(-1)).toMatchObject({ type: 'error', code: 'unauthorized' })
    await expect.poll(() => ends[0]?.code).toBe(4001)
  })
})

describe('EventStream, its end', () => {
  it('[P5.7] tells a browser to come back after the time that is its own', async () => {
    const { client, stream, ends } = await stage.connect()

    stream.closeForRestart(1_234)
    stream.closeForRestart(9_999)
    stage.publish(stream, publicationOf(2))

    expect(await client.ended).toMatchObject({ isWhole: true })
    expect(client.messages.at(-1)).toMatchObject({
      retryMs: 1_234,
      frame: { type: 'connection_closing', reason: 'restart', retry_after_ms: 1_234 },
    })
    await expect.poll(() => ends).toEqual([{ code: 1001, reason: 'restart' }])
  })

  it('[P5.7] notices that its client has left', async () => {
    const { client, ends } = await stage.connect()
    await client.ofType('pipeline_status_update')

    client.leave()

    await expect.poll(() => ends).toEqual([{ code: 1000, reason: 'the client left' }])
  })

  it('[P3.5] keeps only the newest for a reader that has stopped to read', async () => {
    restage({ broadcastIntervalMs: 1e9 })
    const { client, stream, response } = await stage.connect()
    await client.ofType('pipeline_status_update')
    client.response.pause()
    client.response.socket.pause()
    const padding = 'x'.repeat(1_000_000)

    for (let seq = 2; seq <= 60; seq += 1) {
      stage.publish(stream, publicationOf(seq, false, padding))
      await delay(2)
    }
    const buffered = response.writableLength
    client.response.socket.resume()
    client.response.resume()
    await client.message(({ seq }) => seq === 60)

    const seqs = client.updates.map(({ frame }) => frame.seq)
    expect(buffered).toBeLessThan(1_100_000)
    expect(seqs.length).toBeLessThan(30)
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
  })

  it('[P5.7] cuts off a reader that has been stuck for 60 s, not a millisecond before', async () => {
    restage({ broadcastIntervalMs: 1e9 })
    const { client, stream, response, ends } = await stage.connect()
    await client.ofType('pipeline_status_update')
    client.response.socket.pause()
    const padding = 'x'.repeat(8_000_000)
    stage.publish(stream, publicationOf(2, false, padding))
    stage.publish(stream, publicationOf(3, false, padding))
    await delay(100)

    await stage.advance(59_999)
    expect(ends).toEqual([])
    const closed = once(response, 'close')
    await stage.advance(1)
    await closed

    expect(ends).toEqual([{ code: 4101, reason: 'too slow to read' }])
  })

  it('cuts off a reader that does not take the last words', async () => {
    const { client, stream, response, ends } = await stage.connect()
    await client.ofType('pipeline_status_update')
    client.response.socket.pause()
    stage.publish(stream, publicationOf(2, false, 'x'.repeat(8_000_000)))
    const closed = once(response, 'close')
    const endedAt = performance.now()

    stream.closeForRestart(500)
    await closed

    const tookMs = performance.now() - endedAt
    expect(tookMs).toBeGreaterThan(1_900)
    expect(tookMs).toBeLessThan(4_000)
    expect(ends).toMatchObject([{ code: 1001 }])
  })

  it('is over at once when it is terminated', async () => {
    const { client, stream, ends } = await stage.connect()
    await client.ofType('pipeline_status_update')

    stream.terminate()

    expect(await client.ended).toMatchObject({ isWhole: false })
    await expect.poll(() => ends).toHaveLength(1)
  })
})
