import { constants, inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createDocumentHash } from '../../../src/protocol/index.js'
import { Frame } from '../../../src/server/streaming/frame.js'
import type { PreparedFrame } from '../../../src/server/streaming/prepared-frame.js'
import { Revisions } from '../../../src/server/streaming/revision.js'
import { similarDocument } from '../../support/document-arbitraries.js'
import { DocumentFollower } from '../../support/document-follower.js'
import { publicationOf } from './stage.js'

const RUNS = 250
const CHANGES = 40
/** What RFC 7692 has a receiver put back at the end of each message. */
const EMPTY_BLOCK = Buffer.from([0x00, 0x00, 0xff, 0xff])

/** What a receiver makes of a frame, compressed or not. */
function received(frame: PreparedFrame, windowBits: number | null): never {
  const wire = frame.wire(windowBits)
  const length = (wire[1] ?? 0) & 0x7f
  const data = wire.subarray(length < 126 ? 2 : 4)
  const isCompressed = ((wire[0] ?? 0) & 0x40) !== 0
  const message = Buffer.concat([data, EMPTY_BLOCK])
  // A message is not the end of a stream.
  const text = isCompressed
    ? inflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH })
    : data
  return JSON.parse(text.toString('utf8')) as never
}

it(`[P3.9] [P3.10] patches, plain and compressed, lead to the document of the full updates over ${RUNS * CHANGES} changes`, () => {
  const hash = createDocumentHash()
  const counts = { changes: 0, patches: 0 }
  const documents = fc.array(similarDocument, { minLength: CHANGES, maxLength: CHANGES })
  fc.assert(
    fc.property(documents, fc.integer({ min: 9, max: 15 }), (all, windowBits) => {
      const revisions = new Revisions()
      const [patched, compressed, full] = [1, 2, 3].map(() => new DocumentFollower())
      for (const [index, data] of all.entries()) {
        const publication = publicationOf(index + 1, data)
        const frame = new Frame(publication, revisions.of(index + 1, publication.dataJson))
        const shortest = frame.messageFrom(index === 0 ? undefined : index)
        patched!.take(received(shortest, null))
        compressed!.take(received(shortest, windowBits))
        full!.take(received(frame.message, windowBits))

        const expected = hash(JSON.parse(publication.dataJson) as never)
        for (const follower of [patched, compressed, full]) {
          expect(hash(follower!.document!)).toBe(expected)
        }
        counts.changes += 1
      }
      expect(patched!.document).toEqual(all.at(-1))
      counts.patches += patched!.counts.patch
    }),
    { numRuns: RUNS },
  )

  expect(counts.changes).toBeGreaterThanOrEqual(10_000)
  expect(counts.patches).toBeGreaterThan(counts.changes / 2)
}, 60_000)
