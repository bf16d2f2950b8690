import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { frameOf, Stage } from './stage.js'
import { publicationOf, StreamStage } from './stream-stage.js'

/** More than the kernel takes for a client that does not read. */
const LARGE = 'x'.repeat(6_000_000)

let stage: Stage | undefined
let streams: StreamStage | undefined

afterEach(() => {
  stage?.close()
  streams?.close()
})

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(2)
}

describe('readers that stopped at different frames', () => {
  it('[P5.2] are cut off, the first first, when their frames are more than may wait', async () => {
    stage = new Stage({ maxBacklogBytes: 15_000_000 })
    const all = [await stage.connect(), await stage.connect(), await stage.connect()]
    for (const { client } of all) {
      await client.heard()
      client.socket.pause()
    }
    for (const [index, { connection }] of all.entries()) {
      connection.push(frameOf(2 + index, LARGE), stage.nowMs)
      await delay(20)
    }
    await until(() => stage!.ends.length > 0)

    expect(stage.ends).toEqual([{ code: 4101, reason: 'too slow to read' }])
    expect(all.map(({ socket }) => socket.readyState === socket.OPEN)).toEqual([false, true, true])
    expect(stage.context.backlog.bytes).toBeLessThan(15_000_000)
  })

  it('[P5.2] leave nothing behind when they read after all, or go', async () => {
    stage = new Stage()
    const [one, other] = [await stage.connect(), await stage.connect()]
    for (const { client } of [one, other]) {
      await client.heard()
      client.socket.pause()
    }
    const { backlog } = stage.context
    one.connection.push(frameOf(2, LARGE), stage.nowMs)
    other.connection.push(frameOf(3, LARGE), stage.nowMs)
    expect(backlog.bytes).toBeGreaterThan(12_000_000)
    one.client.socket.resume()
    await until(() => backlog.bytes < 7_000_000)
    other.client.socket.terminate()

    await until(() => backlog.bytes === 0)
  })

  it('[P5.2] [P5.7] on a stream are cut off too', async () => {
    streams = new StreamStage({ maxBacklogBytes: 7_000_000 })
    const { stream, client, ends } = await streams.connect()
    await client.ofType('pipeline_status_update')
    client.response.pause()
    streams.publish(stream, publicationOf(2, false, LARGE))
    await delay(20)
    streams.context.backlog.hold({ cutOff: () => undefined }, Buffer.alloc(2_000_000))
    await until(() => ends.length > 0)

    expect(ends).toEqual([{ code: 4101, reason: 'too slow to read' }])
    expect(streams.context.backlog.bytes).toBe(2_000_000)
  })
})

describe('a reader that has stopped and then hung up', () => {
  it('[sign of life] is let go after 60 s, though its frame stays stuck', async () => {
    stage = new Stage()
    const { connection, client, socket } = await stage.connect()
    await client.heard()
    const tcp = Reflect.get(client.socket, '_socket') as Socket
    tcp.pause()
    connection.push(frameOf(2, LARGE), stage.nowMs)
    tcp.end()
    await until(() => socket.readyState === socket.CLOSING)

    await stage.advance(60_000)
    await until(() => stage!.ends.length > 0)

    expect(stage.ends).toEqual([{ code: 4201, reason: 'no sign of life' }])
    expect(stage.context.backlog.bytes).toBe(0)
  })
})
