import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BLOCKED, type ConnectionEvent, wakeAt } from '../../../src/client/connection-state.js'
import { MachineDriver } from './machine-driver.js'
import {
  authRequired,
  closing,
  errorFrame,
  fullUpdate,
  greeting,
  patchFrame,
  pong,
} from './server-frames.js'

const WINDOW_MS = 60_000

const anyEvent: fc.Arbitrary<ConnectionEvent> = fc.oneof(
  fc.constantFrom<ConnectionEvent>(
    ['retry'],
    ['retry'],
    ['refresh'],
    ['timer'],
    ['hidden'],
    ['visible'],
    ['token'],
    ['tokenless', 'now'],
    ['polled', fullUpdate({})],
    ['polled', {}],
    ['polled', { code: 'no_data', retry_after_ms: 5_000 }],
    [
      'diagnosed',
      { active: 50, max: 50, accepting: false, code: 'at_capacity', retry_after_ms: 5_000 },
    ],
    ['diagnosed', { active: 5, max: 50, accepting: true }],
  ),
  fc
    .constantFrom(
      greeting(),
      greeting(250),
      greeting(3_600_000),
      fullUpdate({}),
      patchFrame(2),
      pong,
      authRequired,
      closing('max_age'),
      closing('restart', 2_000),
      errorFrame('at_capacity', 5_000),
      errorFrame('no_data', 5_000),
      errorFrame('draining', 999_999_999),
    )
    .map((frame): ConnectionEvent => ['frame', frame]),
  fc
    .constantFrom(BLOCKED, 1000, 1001, 1005, 1006, 1011, 4100, 4101, 4200, 4201)
    .map((code): ConnectionEvent => ['lost', code]),
)

/** Events that end it for good come seldom, or nothing else would be seen. */
const anyEnd = fc.constantFrom<ConnectionEvent>(
  ['lost', 1008],
  ['lost', 4001],
  ['frame', errorFrame('unauthorized')],
  ['polled', { code: 'unauthorized' }],
  ['tokenless', 'ever'],
  ['close'],
)

interface Story {
  readonly hasWebSocket: boolean
  readonly isOnline: boolean
  readonly moments: readonly {
    readonly event: ConnectionEvent
    readonly passMs: number
    readonly random: number
  }[]
}

const anyStory: fc.Arbitrary<Story> = fc.record({
  hasWebSocket: fc.boolean(),
  isOnline: fc.boolean(),
  moments: fc.array(
    fc.record({
      event: fc.oneof({ weight: 60, arbitrary: anyEvent }, { weight: 1, arbitrary: anyEnd }),
      passMs: fc.oneof(fc.constantFrom(0, 0, 0, 1), fc.nat(3_000), fc.nat(90_000)),
      random: fc.double({ min: 0, max: 0.999, noNaN: true }),
    }),
    { minLength: 1, maxLength: 120 },
  ),
})

/** Everything at once: attempts that fail, and a page that asks again and again. */
const anyStorm: fc.Arbitrary<Story> = fc.record({
  hasWebSocket: fc.boolean(),
  isOnline: fc.constant(true),
  moments: fc.array(
    fc.record({
      event: fc.constantFrom<ConnectionEvent>(
        ['retry'],
        ['retry'],
        ['lost', 1006],
        ['lost', 4200],
        ['lost', 1001],
        ['frame', fullUpdate({})],
        ['frame', closing('max_age')],
        ['token'],
        ['hidden'],
        ['visible'],
      ),
      passMs: fc.constantFrom(0, 0, 1, 20, 500, 11_000),
      random: fc.constant(0),
    }),
    { minLength: 100, maxLength: 300 },
  ),
})

/** Tells only what can happen: nobody hears a frame without a transport, or its end twice. */
function isPossible(driver: MachineDriver, [name]: ConnectionEvent): boolean {
  if (name === 'frame' || name === 'lost') return driver.transport !== null
  return name !== 'polled' || driver.isPollUnderWay
}

/** Lives through a story, with a look at it after each event. */
function live(story: Story, look: (driver: MachineDriver) => void): MachineDriver {
  const driver = new MachineDriver()
  driver.hasWebSocket = story.hasWebSocket
  driver.isOnline = story.isOnline
  driver.tell('timer')
  for (const { event, passMs, random } of story.moments) {
    driver.random = random
    driver.pass(passMs)
    if (isPossible(driver, event)) driver.tell(...event)
    look(driver)
  }
  return driver
}

describe('whatever happens, in whatever order', () => {
  it('[P9.1] there are never two transports, and one exactly in the phases that say so', () => {
    fc.assert(
      fc.property(anyStory, (story) => {
        live(story, ({ machine, transport }) => {
          const hasOne = ['opening', 'live', 'paused'].includes(machine.phase)

          expect(transport !== null).toBe(hasOne)
          if (hasOne) expect(transport).toBe(machine.rung)
        })
      }),
      { numRuns: 500 },
    )
  })

  it('[P9.2] there are never more than 12 attempts in any minute', () => {
    fc.assert(
      fc.property(fc.oneof(anyStory, anyStorm), (story) => {
        const { attemptsAt } = live(story, () => undefined)

        for (const [index, at] of attemptsAt.entries()) {
          const next = attemptsAt[index + 12]
          if (next !== undefined) expect(next - at).toBeGreaterThan(WINDOW_MS)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('[P9.3] it is never stuck: a timer, a poll, a quiet socket, or an end that says so', () => {
    fc.assert(
      fc.property(anyStory, (story) => {
        live(story, ({ machine, isPollUnderWay, now }) => {
          const isOver = machine.phase === 'closed' || machine.phase === 'unauthorized'
          const isMoving = wakeAt(machine) < Infinity || isPollUnderWay

          if (isOver) expect(wakeAt(machine)).toBe(Infinity)
          else expect(isMoving || machine.phase === 'paused').toBe(true)
          if (machine.phase === 'opening' || machine.phase === 'live') {
            expect(machine.dueAt).toBeLessThanOrEqual(now + 30_000)
          }
          if (machine.phase === 'waiting') {
            expect(machine.dueAt).toBeLessThanOrEqual(now + 65_000)
          }
        })
      }),
      { numRuns: 500 },
    )
  })
})
