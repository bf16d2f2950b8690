import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Frame } from '../../../src/server/streaming/frame.js'
import { Revisions } from '../../../src/server/streaming/revision.js'
import { FrameClient } from '../../support/frame-client.js'
import { frameOf, publicationOf, seqsOf, Stage } from './stage.js'
import { publicationOf as streamPublicationOf, StreamStage, type Streamed } from './stream-stage.js'

const BYTES_PER_SECOND = 100_000
const LARGE = 'x'.repeat(50_000) // half a second's worth

let stage: Stage

beforeEach(() => {
  stage = new Stage({ bytesPerSecond: BYTES_PER_SECOND })
})

afterEach(() => stage.close())

describe('a connection on a large board', () => {
  it('[P3.11] gets the first change at once, then only the newest of those that come quickly', async () => {
    const { connection, client } = await stage.connect()
    await client.heard()
    await stage.advance(1_000)
    connection.push(frameOf(2, LARGE), stage.nowMs)
    expect(seqsOf(await client.heard())).toEqual([2])

    for (const seq of [3, 4, 5]) {
      await stage.advance(100)
      connection.push(frameOf(seq, LARGE), stage.nowMs)
    }
    expect(await client.heard()).toEqual([])
    await stage.advance(149)
    expect(await client.heard()).toEqual([])
    await stage.advance(2) // the frame is a little larger than its padding

    expect(seqsOf(await client.heard())).toEqual([5])
  })

  it('[P3.11] gets it at the interval at the latest, however large it is', async () => {
    const { connection, client } = await stage.connect()
    await client.heard()
    connection.push(frameOf(2, LARGE.repeat(100)), stage.nowMs)
    await client.heard()
    stage.newest = frameOf(3, LARGE)
    connection.push(stage.newest, stage.nowMs)

    await stage.advance(4_999)
    expect(await client.heard()).toEqual([])
    await stage.advance(1)

    expect(seqsOf(await client.heard())).toEqual([3])
  })

  it('[P3.11] is not sent what waits while it pauses', async () => {
    const { connection, client } = await stage.connect()
    await client.heard()
    connection.push(frameOf(2, LARGE), stage.nowMs)
    connection.push(frameOf(3, LARGE), stage.nowMs)
    await client.heard()
    client.say({ type: 'pause' })
    await client.heard()
    await stage.advance(4_000)

    expect(await client.heard()).toEqual([])
  })

  it('[P3.11] may ask for the newest, but has to wait for it like for any other', async () => {
    const { connection, client } = await stage.connect()
    stage.newest = frameOf(2, LARGE)
    connection.push(stage.newest, stage.nowMs)
    await client.heard()
    client.say({ type: 'refresh' })
    client.say({ type: 'refresh' })
    expect(await client.heard()).toEqual([])
    await stage.advance(600)

    expect(seqsOf(await client.heard())).toEqual([2])
  })

  it('[P3.9] [P3.11] gets each small patch at once, also right after a large update', async () => {
    const revisions = new Revisions()
    const next = (seq: number) => {
      const publication = publicationOf(seq, { seq, LARGE })
      return new Frame(publication, revisions.of(seq, publication.dataJson))
    }
    const upgraded = stage.upgrade()
    const client = await FrameClient.open(await stage.url(), { protocols: 'pipecast.v1.patch' })
    const first = next(1)
    const connection = stage.open(await upgraded, { newestFrame: () => first })
    const types = () => client.messages.map(({ type, seq }) => `${String(type)} ${String(seq)}`)
    for (const seq of [2, 3, 4]) {
      connection.push(next(seq), stage.nowMs)
      await client.until(() => client.messages.length === seq + 1)
    }

    expect(types().slice(1)).toEqual([
      'pipeline_status_update 1',
      'pipeline_status_patch 2',
      'pipeline_status_patch 3',
      'pipeline_status_patch 4',
    ])
    client.end()
  })
})

describe('a stream of a large board', () => {
  let streams: StreamStage

  beforeEach(() => {
    streams = new StreamStage({ bytesPerSecond: BYTES_PER_SECOND })
  })

  afterEach(() => streams.close())

  async function seqs({ client }: Streamed): Promise<readonly number[]> {
    await delay(25)
    return client.updates.map(({ frame }) => frame.seq)
  }

  it('[P3.11] gets the first change at once, then only the newest of those that come quickly', async () => {
    const streamed = await streams.connect()
    await streams.advance(1_000)
    for (const seq of [2, 3, 4]) {
      streams.publish(streamed.stream, streamPublicationOf(seq, false, LARGE))
    }
    expect(await seqs(streamed)).toEqual([1, 2])
    await streams.advance(449)
    expect(await seqs(streamed)).toEqual([1, 2])
    await streams.advance(2)

    expect(await seqs(streamed)).toEqual([1, 2, 4])
  })
})
