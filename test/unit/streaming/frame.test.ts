import { describe, expect, it } from 'vitest'
import { encodeFrame } from '../../../src/server/streaming/frame.js'

describe('encodeFrame', () => {
  it('[frames] holds the text in UTF-8, and what it is about', () => {
    const frame = encodeFrame({ seq: 7, isStale: true, frameJson: '{"data":"größe 🚀"}' })

    expect(frame.seq).toBe(7)
    expect(frame.isStale).toBe(true)
    expect(frame.bytes.toString('utf8')).toBe('{"data":"größe 🚀"}')
    expect(frame.bytes).toHaveLength(23)
  })
})
