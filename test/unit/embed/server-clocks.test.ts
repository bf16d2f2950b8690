import { describe, expect, it } from 'vitest'
import type { ConnectOptions, Subscription, Update } from '../../../src/client/index.js'
import { createServerClocks } from '../../../src/embed/server-clocks.js'

const NOW = Date.parse('2026-01-28T12:30:00.000Z')
const AHEAD_MS = 360_000
const FEED = { url: 'https://status.example/', feed: 'pipeline-status' }

/** Clocks, and a server that is ahead of them: it sends what it read so long ago. */
function stage() {
  const clocks = createServerClocks(({ onUpdate }) => ({ told: onUpdate }) as never)
  const open = (options: ConnectOptions = FEED) => {
    const { told } = clocks.connect(options) as Subscription & { told: (update: Update) => void }
    return (ageMs: number, more: Partial<Update> = {}) =>
      told({
        generatedAt: NOW + AHEAD_MS - ageMs,
        receivedAt: NOW,
        isStale: false,
        ...more,
      } as Update)
  }
  return { clocks, open }
}

describe('the clock of a server', () => {
  it('is taken for that of the reader before it is known', () => {
    const { clocks, open } = stage()

    open()(30_000, { isStale: true })

    expect(clocks.skewMs(FEED)).toBe(0)
  })

  it('is learnt from data that is good, and kept while it is not', () => {
    const { clocks, open } = stage()
    const bring = open()

    bring(0)
    bring(30_000, { isStale: true })

    expect(clocks.skewMs(FEED)).toBe(AHEAD_MS)
  })

  it('is not learnt from data that is sent again while a read hangs', () => {
    const { clocks, open } = stage()
    const bring = open()

    bring(0)
    bring(0, { receivedAt: NOW + 15_000 })

    expect(clocks.skewMs(FEED)).toBe(AHEAD_MS)
  })

  it('is known to a connection that begins during an outage, or while a read hangs', () => {
    const { clocks, open } = stage()
    open()(0)

    open({ ...FEED, token: 'renewed' })(0, { receivedAt: NOW + 15_000 })
    open({ ...FEED, sources: ['added'] })(30_000, { isStale: true })

    expect(clocks.skewMs(FEED)).toBe(AHEAD_MS)
  })

  it('is another for another server', () => {
    const { clocks, open } = stage()

    open()(0)

    expect(clocks.skewMs({ ...FEED, url: 'https://other.example/' })).toBe(0)
  })

  it('is no reason to keep an update from whoever watches', () => {
    const { open } = stage()
    const seen: Update[] = []

    open({ ...FEED, onUpdate: (update) => seen.push(update) })(0)

    expect(seen).toHaveLength(1)
  })
})
