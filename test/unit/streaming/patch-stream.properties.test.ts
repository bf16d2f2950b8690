import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDocumentHash, type Json } from '../../../src/protocol/index.js'
import { Audience } from '../../../src/server/streaming/audience.js'
import type { Publication } from '../../../src/server/streaming/frame.js'
import { DocumentFollower } from '../../support/document-follower.js'
import { FrameClient } from '../../support/frame-client.js'
import { publicationOf, Stage } from './stage.js'

/** More than the kernel takes for a client that does not read. */
const TOO_MUCH = 'x'.repeat(5_000_000)

let stage: Stage

beforeEach(() => {
  stage = new Stage({ broadcastIntervalMs: 1e9 })
})

afterEach(() => stage.close())

class PublishedFeed {
  readonly name = 'pipeline-status'
  readonly epoch = 'e1'
  newest: Publication | undefined
  watch() {
    return { ready: null, stop: () => undefined }
  }
}

/** A feed, and two who follow it: one takes patches, one does not. */
async function follow(offer?: string) {
  const feed = new PublishedFeed()
  const audience = new Audience(
    feed,
    () => 0,
    () => undefined,
  )
  const join = async (protocols: string) => {
    const upgraded = stage.upgrade()
    const options = offer === undefined ? { protocols } : { protocols, extensions: offer }
    const client = await FrameClient.open(await stage.url(), options)
    const connection = stage.open(await upgraded, { newestFrame: () => audience.newestFrame() })
    audience.add(connection)
    return client
  }
  return {
    feed,
    audience,
    patched: await join('pipecast.v1, pipecast.v1.patch'),
    full: await join('pipecast.v1'),
  }
}

/** What a client knows after all that it was sent. */
function followed(client: FrameClient): DocumentFollower {
  const follower = new DocumentFollower()
  for (const message of client.messages) follower.take(message as never)
  return follower
}

const seqOf = (client: FrameClient) =>
  client.messages.findLast(({ type }) => String(type).startsWith('pipeline_status'))?.['seq']

/** What stays as it is, so that a patch is worth it. */
const fill = 'unchanged '.repeat(60)

const key = fc.constantFrom('a', 'b', 'c', '__proto__', 'ä€🚀', '')
const leaf = fc.oneof(
  fc.nat(3),
  fc.constantFrom('x', 'é', TOO_MUCH.slice(0, 500)),
  fc.constant([1]),
)
const member = fc.oneof(leaf, fc.dictionary(key, leaf, { maxKeys: 4 }))
const document = fc.dictionary(key, member, { maxKeys: 6 })

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('change' as const), document, isQuick: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('large' as const), isQuick: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('again', 'stale', 'stale', 'refresh', 'pause', 'resume'),
      isQuick: fc.boolean(),
    }),
  },
)

describe('patches and full updates', () => {
  it('[P3.9] lead to equal documents and hashes, whatever changes and however slowly one reads', async () => {
    const offers = fc.constantFrom(undefined, 'permessage-deflate')
    const totals = { full: 0, patch: 0, unchanged: 0 }
    await fc.assert(
      fc.asyncProperty(
        offers,
        fc.array(step, { minLength: 10, maxLength: 40 }),
        async (offer, steps) => {
          const { feed, audience, patched, full } = await follow(offer)
          let [seq, data]: [number, Json] = [0, {}]
          const publish = (next: Json, isStale = false) => {
            if (JSON.stringify(next) !== JSON.stringify(data) || seq === 0) seq += 1
            data = next
            feed.newest = publicationOf(seq, data, isStale)
            audience.publish(feed.newest)
          }
          for (const taken of steps) {
            if (taken.do === 'change') publish({ ...taken.document, fill })
            else if (taken.do === 'again') publish(data)
            else if (taken.do === 'stale') publish(data, true)
            else if (taken.do === 'large')
              publish({ ...(data as object), large: `${seq}${TOO_MUCH}` })
            else if (taken.do === 'refresh') patched.send('text', '{"type":"refresh"}')
            else if (taken.do === 'pause') patched.socket.pause()
            else patched.socket.resume()
            if (!taken.isQuick) await turn()
          }
          patched.socket.resume()
          publish({ end: true })
          for (const client of [patched, full]) await client.until(() => seqOf(client) === seq)

          const [one, other] = [followed(patched), followed(full)]
          const hash = createDocumentHash()
          expect(one.document).toEqual(data)
          expect(other.document).toEqual(data)
          expect(hash(one.document!)).toBe(hash(other.document!))
          expect(one.isStale).toBe(false)
          expect(other.counts).toMatchObject({ patch: 0, unchanged: 0 })
          patched.end()
          full.end()
          for (const kind of ['full', 'patch', 'unchanged'] as const)
            totals[kind] += one.counts[kind]
        },
      ),
      { numRuns: 12 },
    )
    console.log(`what came to those who take patches: ${JSON.stringify(totals)}`)
    expect(Math.min(...Object.values(totals))).toBeGreaterThan(3)
  }, 60_000)
})
