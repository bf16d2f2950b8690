import { describe, expect, it } from 'vitest'
import type { ConnectionState, ConnectOptions, Update } from '../../../src/client/index.js'
import { type BoardStore, createBoardStore } from '../../../src/dashboard/board/board-store.js'
import { type Clock, startClock } from '../../../src/dashboard/page/clock.js'
import { connection, NOW, update } from './board-samples.js'

interface Stage {
  readonly store: BoardStore
  readonly clock: Clock
  readonly options: ConnectOptions
  /** What was done with its connections. */
  readonly calls: readonly string[]
  readonly remember: (token: string) => void
  readonly receive: (update: Update) => void
  readonly turn: (state: ConnectionState) => void
  readonly pass: (ms: number) => void
  /** Time goes by in which the clock does not tick. */
  readonly wait: (ms: number) => void
  readonly drawFrame: () => void
}

/** A store on a subscription whose other end is played by the test. */
function stage({ token = '', first }: { token?: string; first?: Update } = {}): Stage {
  let remembered = token
  const calls: string[] = []
  let connections = 0
  let now = NOW
  let tick = () => {}
  const frames: (() => void)[] = []
  let state = connection({ status: 'connecting', transport: null })
  let newest: Update | undefined
  let options: ConnectOptions = { url: '' }
  const clock = startClock({ now: () => now, repeat: (action) => void (tick = action) })
  const store = createBoardStore({
    url: 'http://board.example/',
    first,
    token: () => remembered,
    clock,
    nextFrame: (action) => frames.push(action),
    connect: (given) => {
      options = given
      connections += 1
      const own = connections
      calls.push(`open ${own}${given.token === undefined ? '' : ' with a token'}`)
      return {
        get update() {
          return newest
        },
        get state() {
          return state
        },
        refresh: () => {},
        retry: () => {},
        authorize: () => calls.push(`authorize ${own}`),
        close: () => calls.push(`close ${own}`),
      }
    },
  })
  return {
    store,
    clock,
    options,
    calls,
    remember: (word) => (remembered = word),
    receive: (next) => {
      newest = next
      options.onUpdate?.(next)
    },
    turn: (next) => {
      state = next
      options.onState?.(next)
    },
    wait: (ms) => (now += ms),
    pass: (ms) => {
      now += ms
      tick()
    },
    drawFrame: () => frames.splice(0).forEach((action) => action()),
  }
}

describe('the store of the board', () => {
  it('tells of the first data at once', () => {
    const { store, receive } = stage()
    let calls = 0
    store.onChange(() => (calls += 1))

    receive(update({ seq: 1 }))

    expect(calls).toBe(1)
    expect(store.state().update?.seq).toBe(1)
  })

  it('begins with what came with the page, as old as it is, until there is something newer', () => {
    const { store, receive, drawFrame } = stage({
      first: update({ seq: 7, receivedAt: NOW - 3_000 }),
    })

    const begun = { seq: store.state().update?.seq, ageMs: store.dataAge()?.ageMs }
    const pill = store.pill().label
    receive(update({ seq: 8 }))
    drawFrame()

    expect(begun).toEqual({ seq: 7, ageMs: 3_000 })
    expect(pill).toBe('Connecting…')
    expect(store.state().update?.seq).toBe(8)
    expect(store.dataAge()?.ageMs).toBe(0)
  })

  it('keeps what came with the page when the connection brings the same', () => {
    const first = update({ seq: 7, receivedAt: NOW - 3_000 })
    const { store, receive } = stage({ first })

    receive(update({ seq: 7, data: { ...first.data } }))
    const same = store.state().update
    receive(update({ seq: 7, epoch: 'another', data: { ...first.data } }))

    expect(same?.data).toBe(first.data)
    expect(same?.receivedAt).toBe(NOW)
    expect(store.state().update?.data).not.toBe(first.data)
  })

  it('calls what came with the page out of date when nothing follows it', () => {
    const { store, clock, pass } = stage({ first: update() })

    pass(21_000)
    pass(10_000)

    expect(store.dataAge()?.isOutOfDate).toBe(true)
    expect(store.pill().label).toMatch(/^Data may be out of date/)
    expect(clock.boardNow()).toBe(NOW + 21_000)
  })

  it('tells of any number of updates after that once a frame', () => {
    const { store, receive, drawFrame } = stage()
    receive(update({ seq: 1 }))
    let calls = 0
    store.onChange(() => (calls += 1))

    receive(update({ seq: 2 }))
    receive(update({ seq: 3 }))
    drawFrame()
    receive(update({ seq: 4 }))
    drawFrame()

    expect(calls).toBe(2)
    expect(store.state().update?.seq).toBe(4)
  })

  it('stops the board’s clock while the data is out of date, and lets it go on after that', () => {
    const { clock, receive, turn, pass } = stage()
    turn(connection())
    receive(update())

    turn(connection({ status: 'reconnecting', transport: null }))
    pass(21_000)
    pass(10_000)
    const stoppedAt = clock.boardNow()
    turn(connection())
    receive(update({ generatedAt: NOW + 31_000, receivedAt: NOW + 31_000 }))

    expect(stoppedAt).toBe(NOW + 21_000)
    expect(clock.boardNow()).toBe(NOW + 31_000)
  })

  it('stops the board’s clock with the word that the data is out of date, between two ticks', () => {
    const { store, clock, receive, turn, wait, drawFrame } = stage()
    turn(connection())
    receive(update())
    drawFrame()
    let told = ''
    store.onChange(() => (told = store.pill().kind))

    wait(20_400)
    turn(connection({ status: 'reconnecting', transport: null }))
    drawFrame()
    wait(600)

    expect(told).toBe('out-of-date')
    expect(clock.boardNow()).toBe(NOW + 20_400)
  })

  it('keeps the server’s clock in mind when its data gets old', () => {
    const { clock, receive, turn } = stage()
    turn(connection())
    receive(update({ generatedAt: NOW + 60_000 }))

    receive(update({ generatedAt: NOW + 60_000 - 30_000, isStale: true }))

    expect(clock.boardNow()).toBe(NOW + 60_000)
  })

  it('stops the board’s clock soon after data that is old when it comes, as in an outage', () => {
    const { clock, receive, turn } = stage()
    turn(connection())

    receive(update({ generatedAt: NOW - 3 * 3_600_000, isStale: true }))

    expect(clock.boardNow()).toBe(NOW - 3 * 3_600_000 + 90_000)
  })

  it('has a pill before there is any data', () => {
    const { store } = stage()

    expect(store.dataAge()).toBeNull()
    expect(store.pill().label).toBe('Connecting…')
  })

  it('shows a token only when there is one', () => {
    const open = stage()
    const closed = stage({ token: 'a-token' })

    expect(open.options.token).toBeUndefined()
    expect(closed.options.token).toBeTypeOf('function')
  })

  it('begins a connection of its own with the first token that is typed, which no tab may share', () => {
    const { store, calls, remember } = stage()

    remember('wrong')
    store.authorize('wrong')
    remember('right')
    store.authorize('right')

    expect(calls).toEqual(['open 1', 'close 1', 'open 2 with a token', 'authorize 2'])
  })
})
