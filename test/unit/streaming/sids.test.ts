import { describe, expect, it } from 'vitest'
import { createSid } from '../../../src/server/streaming/sids.js'

describe('createSid', () => {
  it('[P3.1] names more connections than are drawn at a time, each differently', () => {
    const sids = Array.from({ length: 2_000 }, createSid)

    expect(new Set(sids).size).toBe(2_000)
    expect(sids.every((sid) => /^[\w-]{12}$/.test(sid))).toBe(true)
  })
})
