import { describe, expect, it } from 'vitest'
import type { Json } from '../../../src/protocol/index.js'
import { Frame, type Publication } from '../../../src/server/streaming/frame.js'
import { Revisions } from '../../../src/server/streaming/revision.js'
import { publicationOf } from './stage.js'

/** Long enough that a patch of one member is smaller. */
const FILL = 'x'.repeat(200)

/** The frames of a feed that has these documents one after the other. */
function framesOf(documents: readonly Json[], change: Partial<Publication> = {}): Frame[] {
  const revisions = new Revisions()
  return documents.map((document, index) => {
    const publication = { ...publicationOf(index + 1, document), ...change }
    return new Frame(publication, revisions.of(publication.seq, publication.dataJson))
  })
}

const textFrom = (frame: Frame, heldSeq?: number) =>
  frame.messageFrom(heldSeq).payload.toString('utf8')

describe('Frame', () => {
  it('[frames] holds the text in UTF-8, and what it is about', () => {
    const publication = { ...publicationOf(7, {}, true), frameJson: '{"data":"größe 🚀"}' }
    const frame = new Frame(publication, new Revisions().of(7, '{}'))

    expect(frame.seq).toBe(7)
    expect(frame.isStale).toBe(true)
    expect(frame.message.payload.toString('utf8')).toBe('{"data":"größe 🚀"}')
    expect(frame.message.payload).toHaveLength(23)
  })

  it('[P3.9] is the patch for one who is exactly one behind, and whole for anybody else', () => {
    const [, frame] = framesOf([
      { a: 1, b: 1, fill: FILL },
      { a: 2, fill: FILL },
    ])

    expect(JSON.parse(textFrom(frame!, 1))).toEqual({
      type: 'pipeline_status_patch',
      timestamp: '2026-01-28T12:00:02.000Z',
      seq: 2,
      patch: { a: 2, b: null },
      hash: expect.stringMatching(/^[0-9a-f]{8}$/),
    })
    for (const heldSeq of [undefined, 0, 3, 7]) {
      expect(frame!.messageFrom(heldSeq)).toBe(frame!.message)
    }
  })

  it('[P3.9] says in less than 100 bytes that nothing has changed, and when that was read', () => {
    const [frame] = framesOf([{ fill: FILL }], { seq: 1_234_567 })

    expect(textFrom(frame!, 1_234_567)).toBe(
      '{"type":"pipeline_status_patch","timestamp":"2026-01-28T12:00:01.000Z","seq":1234567}',
    )
    expect(frame!.messageFrom(1_234_567).payload.length).toBeLessThan(100)
  })

  it('[P3.9] says that the data is stale, and not how old: that is as it was', () => {
    const publication = publicationOf(3, { fill: FILL }, true)
    const frame = new Frame(publication, new Revisions().of(3, publication.dataJson))

    expect(JSON.parse(textFrom(frame, 3))).toEqual({
      type: 'pipeline_status_patch',
      timestamp: '2026-01-28T12:00:03.005Z',
      seq: 3,
      stale: true,
    })
  })

  it('[P3.9] is whole for one who never saw the fresh value that is stale now', () => {
    const revisions = new Revisions()
    const before = publicationOf(1, { a: 1, fill: FILL })
    revisions.of(1, before.dataJson)
    const stale = publicationOf(2, { a: 2, fill: FILL }, true)
    const frame = new Frame(stale, revisions.of(2, stale.dataJson))

    expect(frame.messageFrom(1)).toBe(frame.message)
  })

  it('[P3.9] is whole when the patch would not be smaller', () => {
    const [, frame] = framesOf([{ a: 'y' }, { a: FILL }])

    expect(frame!.messageFrom(1)).toBe(frame!.message)
  })

  it('[P3.9] makes each form once', () => {
    const [, frame] = framesOf([
      { a: 1, fill: FILL },
      { a: 2, fill: FILL },
    ])

    expect(frame!.messageFrom(1)).toBe(frame!.messageFrom(1))
    expect(frame!.messageFrom(2)).toBe(frame!.messageFrom(2))
  })

  it('[P3.9] names the patches of other feeds after no pipeline', () => {
    const [frame] = framesOf([{}], { feed: 'queues' })

    expect(JSON.parse(textFrom(frame!, 1))).toHaveProperty('type', 'feed_patch')
  })
})
