import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeSnapshot, type SnapshotParts } from '../../../src/server/feeds/snapshot.js'

const NOW = new Date('2026-01-28T12:00:05.000Z')
const PARTS: SnapshotParts = {
  feed: 'pipeline-status',
  epoch: 'e1',
  seq: 7,
  generatedAt: new Date('2026-01-28T12:00:00.000Z'),
  isStale: false,
  dataJson: '{"status":"Healthy"}',
}

describe('encodeSnapshot', () => {
  it('[frames] makes the update frame, the data spliced in', () => {
    const { frameJson } = encodeSnapshot(PARTS, NOW)

    expect(JSON.parse(frameJson)).toEqual({
      type: 'pipeline_status_update',
      timestamp: '2026-01-28T12:00:05.000Z',
      epoch: 'e1',
      seq: 7,
      generated_at: '2026-01-28T12:00:00.000Z',
      data: { status: 'Healthy' },
    })
  })

  it('[frames] says stale when it is, and nothing of it when it is not', () => {
    const stale = JSON.parse(encodeSnapshot({ ...PARTS, isStale: true }, NOW).frameJson) as object
    const fresh = JSON.parse(encodeSnapshot(PARTS, NOW).frameJson) as object

    expect(stale).toHaveProperty('stale', true)
    expect(fresh).not.toHaveProperty('stale')
  })

  it('[frames] names the frame of another feed after no pipeline', () => {
    const { frameJson } = encodeSnapshot({ ...PARTS, feed: 'queues' }, NOW)

    expect(JSON.parse(frameJson)).toHaveProperty('type', 'feed_update')
  })

  it('[polling] the etag is quoted, and names the data alone', () => {
    const one = encodeSnapshot(PARTS, NOW)
    const later = encodeSnapshot(
      { ...PARTS, seq: 9, isStale: true, epoch: 'e2', generatedAt: NOW },
      new Date(0),
    )
    const other = encodeSnapshot({ ...PARTS, dataJson: '{"status":"Late"}' }, NOW)

    expect(one.etag).toMatch(/^"[\w-]{22}"$/)
    expect(later.etag).toBe(one.etag)
    expect(other.etag).not.toBe(one.etag)
  })

  it('[frames] carries any data unharmed, whatever it and the epoch hold', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (data, epoch) => {
        const dataJson = JSON.stringify(data)

        const snapshot = encodeSnapshot({ ...PARTS, epoch, dataJson }, NOW)

        expect(JSON.parse(snapshot.frameJson)).toEqual({
          type: 'pipeline_status_update',
          timestamp: NOW.toISOString(),
          epoch,
          seq: 7,
          generated_at: PARTS.generatedAt.toISOString(),
          data: JSON.parse(dataJson),
        })
        expect(snapshot.dataJson).toBe(dataJson)
      }),
    )
  })
})
