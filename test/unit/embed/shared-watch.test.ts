import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ConnectOptions, Subscription, Update } from '../../../src/client/index.js'
import type { WatchOptions } from '../../../src/embed/element-options.js'
import { createSharedWatch, type Watch } from '../../../src/embed/shared-watch.js'

/** A connection whose other end is played by the test. */
interface Played {
  readonly options: ConnectOptions
  isClosed: boolean
  /** The server sends an update. */
  readonly bring: () => void
}

function stage() {
  const connections: Played[] = []
  const watch = createSharedWatch((options) => {
    let update: Update | undefined
    const played: Played = {
      options,
      isClosed: false,
      bring: () => {
        // What it is does not matter here, only which connection it came by.
        update = { epoch: String(connections.indexOf(played)) } as Update
        options.onUpdate?.(update)
      },
    }
    connections.push(played)
    return {
      get update() {
        return update
      },
      state: { status: 'connected' },
      close: () => {
        played.isClosed = true
        options.onState?.({ status: 'closed' } as Subscription['state'])
      },
    } as Subscription
  })
  const open = () => connections.filter(({ isClosed }) => !isClosed)
  return { watch, connections, open }
}

const of = (sources: readonly string[], more: Partial<WatchOptions> = {}): WatchOptions => ({
  url: 'https://status.example/',
  feed: 'pipeline-status',
  token: null,
  sources,
  ...more,
})
const nothing = () => undefined
const pass = () => vi.advanceTimersByTime(1)

describe('the connection that elements share', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('brings the sources of all elements that stand in a page together', () => {
    const { watch, connections } = stage()

    for (let index = 0; index < 10; index += 1) watch(of([`job-${index}`, 'shared']), nothing)
    pass()

    expect(connections).toHaveLength(1)
    expect(connections[0]?.options.sources).toHaveLength(11)
  })

  it('brings everything as soon as one element wants that, or the list is too long for a view', () => {
    const keys = (from: number) => Array.from({ length: 50 }, (_, index) => `job-${from + index}`)
    const chosen = (...lists: readonly (readonly string[])[]) => {
      const { watch, connections } = stage()
      for (const list of lists) watch(of(list), nothing)
      pass()
      return connections[0]?.options.sources
    }

    expect(chosen(['a'], [])).toBeUndefined()
    expect(chosen(keys(0), keys(50))).toHaveLength(100)
    expect(chosen(keys(0), keys(50), ['one-more'])).toBeUndefined()
    expect(chosen(['x'.repeat(4_001)])).toBeUndefined()
  })

  it('stays as it is for an element whose sources it brings already', () => {
    const { watch, connections } = stage()
    watch(of(['a', 'b']), nothing)
    pass()
    connections[0]?.bring()

    const late = watch(of(['b']), nothing)
    const atOnce = late.look()?.update
    pass()

    expect(connections).toHaveLength(1)
    expect(atOnce).toBeDefined()
  })

  it('shows what it has brought until another has brought as much, and ends only then', () => {
    const { watch, connections, open } = stage()
    const early = watch(of(['a']), nothing)
    pass()
    connections[0]?.bring()

    const late = watch(of(['b']), nothing)
    pass()
    const between = [early.look()?.update?.epoch, late.look()?.update?.epoch, open().length]
    connections[1]?.bring()

    expect(connections[1]?.options.sources).toEqual(['a', 'b'])
    expect(between).toEqual(['0', undefined, 2])
    expect([early.look()?.update?.epoch, late.look()?.update?.epoch]).toEqual(['1', '1'])
    expect(open()).toEqual([connections[1]])
  })

  it('never shows an element the end of a connection that another has replaced', () => {
    const { watch, connections } = stage()
    const seen: unknown[] = []
    const early: Watch = watch(of(['a']), () => seen.push(early.look()?.state.status))
    pass()
    connections[0]?.bring()
    watch(of(['b']), nothing)
    pass()

    connections[1]?.bring()

    expect(connections[0]?.isClosed).toBe(true)
    expect(new Set(seen)).toEqual(new Set(['connected']))
  })

  it('is another for another server, feed or token', () => {
    const { watch, connections } = stage()

    watch(of(['a']), nothing)
    watch(of(['a'], { url: 'https://other.example/' }), nothing)
    watch(of(['a'], { feed: 'other' }), nothing)
    watch(of(['a'], { token: 'secret' }), nothing)
    pass()

    expect(connections).toHaveLength(4)
  })

  it('brings each element its sources, and ends with the last, whatever happens in which order', () => {
    const list = fc.subarray(['a', 'b', 'c', 'd'])
    const act = fc.oneof(
      fc.record({ act: fc.constant('join' as const), sources: list }),
      fc.record({ act: fc.constant('leave' as const), which: fc.nat(9) }),
      fc.record({ act: fc.constant('bring' as const), which: fc.nat(9) }),
      fc.record({ act: fc.constant('pass' as const) }),
    )

    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const { watch, connections, open } = stage()
        const members: { watch: Watch; sources: readonly string[] }[] = []
        const bringsAll = ({ watch: { look }, sources }: (typeof members)[number]) => {
          const epoch = look()?.update?.epoch
          const brought = epoch === undefined ? undefined : connections[Number(epoch)]
          const named = brought?.options.sources
          return (
            named === undefined ||
            (sources.length > 0 && sources.every((key) => named.includes(key)))
          )
        }
        for (const step of acts) {
          if (step.act === 'join') {
            members.push({ watch: watch(of(step.sources), nothing), sources: step.sources })
          } else if (step.act === 'leave') {
            for (const member of members.splice(step.which, 1)) member.watch.stop()
          } else if (step.act === 'bring') open()[step.which]?.bring()
          else pass()
          expect(open().length).toBeLessThanOrEqual(2)
          expect(members.every(bringsAll)).toBe(true)
        }

        pass()
        open().at(-1)?.bring()
        expect(members.every(({ watch: { look } }) => look()?.update !== undefined)).toBe(true)
        expect(open()).toHaveLength(members.length > 0 ? 1 : 0)
        for (const member of members) member.watch.stop()
        expect(open()).toEqual([])
      }),
    )
  })
})
