import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  BadScheduleError,
  createScheduleReader,
  parseCron,
} from '../../../src/server/status/schedule.js'

/** All ticks after one instant and up to another, as local wall-clock times with their offset. */
function ticks(
  expression: string,
  timezone: string,
  [from, to]: readonly [string, string],
): string[] {
  const nextTick = createScheduleReader()
  const local = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'shortOffset',
  })
  const found: string[] = []
  const cron = parseCron(expression, timezone)
  for (let tick = nextTick(cron, Date.parse(from)); tick !== null && tick <= Date.parse(to); ) {
    found.push(local.format(tick).replace(',', ''))
    tick = nextTick(cron, tick)
  }
  return found
}

const RIGA_FORWARD = ['2026-03-28T23:59:59Z', '2026-03-29T02:00:00Z'] as const
const RIGA_BACK = ['2026-10-24T23:30:00Z', '2026-10-25T02:30:00Z'] as const
const RIGA_FORWARD_DAYS = ['2026-03-27T12:00:00Z', '2026-03-30T12:00:00Z'] as const
const RIGA_BACK_DAYS = ['2026-10-23T12:00:00Z', '2026-10-26T12:00:00Z'] as const
const YORK_FORWARD = ['2026-03-08T05:59:59Z', '2026-03-08T08:00:00Z'] as const
const YORK_BACK = ['2026-11-01T04:30:00Z', '2026-11-01T07:30:00Z'] as const
const YORK_FORWARD_DAYS = ['2026-03-07T05:00:00Z', '2026-03-10T05:00:00Z'] as const
const YORK_BACK_DAYS = ['2026-10-31T04:00:00Z', '2026-11-03T05:00:00Z'] as const

describe('[D2] cron across the daylight-saving changes', () => {
  it.each([
    ['Europe/Riga', RIGA_FORWARD, ['29 02:00 GMT+2', '29 04:00 GMT+3', '29 05:00 GMT+3']],
    ['Europe/Riga', RIGA_BACK, ['25 03:00 GMT+3', '25 03:00 GMT+2', '25 04:00 GMT+2']],
    ['America/New_York', YORK_FORWARD, ['08 01:00 GMT-5', '08 03:00 GMT-4', '08 04:00 GMT-4']],
    ['America/New_York', YORK_BACK, ['01 01:00 GMT-4', '01 01:00 GMT-5', '01 02:00 GMT-5']],
  ] as const)(
    '[D2] an hourly tick in %s is due once in every hour that passes',
    (zone, span, due) => {
      expect(ticks('0 * * * *', zone, span)).toEqual(due)
    },
  )

  it.each([
    ['Europe/Riga', '30 3 * * *', RIGA_FORWARD_DAYS, ['28 03:30 GMT+2', '30 03:30 GMT+3']],
    ['America/New_York', '30 2 * * *', YORK_FORWARD_DAYS, ['07 02:30 GMT-5', '09 02:30 GMT-4']],
    ['Europe/Riga', '0 3 * * *', RIGA_FORWARD_DAYS, ['28 03:00 GMT+2', '30 03:00 GMT+3']],
    [
      'Europe/Riga',
      '0,30 3 * * *',
      RIGA_FORWARD_DAYS,
      ['28 03:00 GMT+2', '28 03:30 GMT+2', '30 03:00 GMT+3', '30 03:30 GMT+3'],
    ],
  ] as const)(
    '[D2] a daily tick in %s (%s) is not due on the day its local time does not exist',
    (zone, expression, span, due) => {
      expect(ticks(expression, zone, span)).toEqual(due)
    },
  )

  it('[D2] a daily tick at the very end of the gap exists, and is due', () => {
    expect(ticks('0 4 * * *', 'Europe/Riga', RIGA_FORWARD_DAYS)).toEqual([
      '28 04:00 GMT+2',
      '29 04:00 GMT+3',
      '30 04:00 GMT+3',
    ])
  })

  it.each([
    [
      'Europe/Riga',
      '30 3 * * *',
      RIGA_BACK_DAYS,
      ['24 03:30 GMT+3', '25 03:30 GMT+3', '26 03:30 GMT+2'],
    ],
    [
      'America/New_York',
      '30 1 * * *',
      YORK_BACK_DAYS,
      ['31 01:30 GMT-4', '01 01:30 GMT-4', '02 01:30 GMT-5'],
    ],
    [
      'America/New_York',
      '0 1,13 * * *',
      YORK_BACK_DAYS,
      [
        '31 01:00 GMT-4',
        '31 13:00 GMT-4',
        '01 01:00 GMT-4',
        '01 13:00 GMT-5',
        '02 01:00 GMT-5',
        '02 13:00 GMT-5',
      ],
    ],
    ['America/New_York', '*/30 1-1 * * *', YORK_BACK, ['01 01:00 GMT-4', '01 01:30 GMT-4']],
  ] as const)(
    '[D2] a tick in %s that names its hours (%s) is due in the first pass of a repeated hour only',
    (zone, expression, span, due) => {
      expect(ticks(expression, zone, span)).toEqual(due)
    },
  )

  it('[D2] a tick with a step for its hour is due in both passes of a repeated hour', () => {
    expect(ticks('0 */1 * * *', 'America/New_York', YORK_BACK)).toEqual([
      '01 01:00 GMT-4',
      '01 01:00 GMT-5',
      '01 02:00 GMT-5',
    ])
  })

  it('[D2] follows a change of half an hour too', () => {
    const span = ['2026-04-04T13:00:00Z', '2026-04-04T17:00:00Z'] as const

    expect(ticks('45 1 * * *', 'Australia/Lord_Howe', span)).toEqual(['05 01:45 GMT+11'])
    expect(ticks('45 1,2 * * *', 'Australia/Lord_Howe', span)).toEqual([
      '05 01:45 GMT+11',
      '05 02:45 GMT+10:30',
    ])
  })
})

describe('createScheduleReader', () => {
  it('[D2] looks strictly after the instant, to the millisecond', () => {
    const nextTick = createScheduleReader()
    const hourly = parseCron('0 * * * *', 'UTC')
    const tick = Date.parse('2026-01-28T12:00:00Z')

    expect(nextTick(hourly, tick - 1)).toBe(tick)
    expect(nextTick(hourly, tick)).toBe(tick + 3_600_000)
    expect(nextTick(hourly, tick + 3_599_999)).toBe(tick + 3_600_000)
  })

  it('[D2] answers alike whatever was asked before', () => {
    const instants = fc.integer({ min: Date.UTC(2026, 2, 1), max: Date.UTC(2026, 10, 30) })
    const expressions = fc.constantFrom('0 * * * *', '30 3 * * *', '*/7 1,13 * * *', '0 0 13 * 5')

    fc.assert(
      fc.property(
        fc.array(instants, { maxLength: 12 }),
        expressions,
        instants,
        (earlier, expression, instant) => {
          const cron = parseCron(expression, 'Europe/Riga')
          const experienced = createScheduleReader()
          for (const asked of earlier) experienced(cron, asked)

          expect(experienced(cron, instant)).toBe(createScheduleReader()(cron, instant))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('[D2] keeps schedules apart that differ in the zone alone', () => {
    const nextTick = createScheduleReader()
    const noon = Date.parse('2026-01-28T12:00:00Z')

    const riga = nextTick(parseCron('0 15 * * *', 'Europe/Riga'), noon)
    const utc = nextTick(parseCron('0 15 * * *', 'UTC'), noon)

    expect(riga).toBe(noon + 3_600_000)
    expect(utc).toBe(noon + 3 * 3_600_000)
  })

  it('[D2] gives null, and does not throw, for what cannot be read and for instants beyond all calendars', () => {
    const nextTick = createScheduleReader()
    const hourly = parseCron('0 * * * *', 'UTC')
    const END = Date.UTC(2999, 0, 1)

    expect(nextTick({ kind: 'cron', expression: 'at noon', timezone: 'UTC' }, 0)).toBeNull()
    expect(nextTick({ kind: 'cron', expression: '0 * * * *', timezone: 'Mars/Base' }, 0)).toBeNull()
    expect([END, Infinity, NaN].map((instant) => nextTick(hourly, instant))).toEqual([
      null,
      null,
      null,
    ])
    expect(nextTick(hourly, END - 1)).toBe(END)
  })

  it('[D2] takes instants before 1970, such as a zero time of year 1, for 1970', () => {
    const nextTick = createScheduleReader()
    const daily = parseCron('0 3 * * *', 'UTC')

    expect(nextTick(daily, Date.parse('0001-01-01T00:00:00Z'))).toBe(3 * 3_600_000)
    expect(nextTick(daily, -Infinity)).toBe(3 * 3_600_000)
  })

  it('forgets the oldest of many schedules, and still answers', () => {
    const nextTick = createScheduleReader()
    const noon = Date.parse('2026-01-28T12:00:00Z')
    const first = { kind: 'cron', expression: '5 12 * * *', timezone: 'UTC' } as const
    nextTick(first, noon)

    for (let index = 0; index < 4200; index += 1) {
      nextTick({ kind: 'cron', expression: `unreadable ${index}`, timezone: 'UTC' }, noon)
    }

    expect(nextTick(first, noon)).toBe(noon + 5 * 60_000)
  })
})

describe('parseCron', () => {
  it('returns the schedule that it has checked', () => {
    expect(parseCron('30 3 * * 1-5', 'Europe/Riga')).toEqual({
      kind: 'cron',
      expression: '30 3 * * 1-5',
      timezone: 'Europe/Riga',
    })
    expect(parseCron('@daily', 'UTC').expression).toBe('@daily')
    expect(parseCron('0 0 29 2 *', 'UTC').expression).toBe('0 0 29 2 *')
  })

  it.each([
    ['', 'UTC'],
    ['* * * *', 'UTC'],
    ['0 0 3 * * *', 'UTC'],
    ['61 * * * *', 'UTC'],
    ['0 24 * * *', 'UTC'],
    ['@reboot', 'UTC'],
    ['2026-01-01T00:00:00', 'UTC'],
    ['2099-01-01T00:00:00', 'UTC'],
    ['0 0 30 2 *', 'UTC'],
    ['0 * * * *', ''],
    ['0 * * * *', 'Mars/Base'],
  ])('refuses %j in the zone %j by a typed error that says what to do', (expression, timezone) => {
    const parse = () => parseCron(expression, timezone)

    expect(parse).toThrow(BadScheduleError)
    expect(parse).toThrow(/^The schedule ".*" in the time zone ".*" cannot be used: .+\. Give five/)
    expect(parse).toThrow(
      expect.objectContaining({ code: 'BAD_SCHEDULE', name: 'BadScheduleError' }),
    )
  })

  it('keeps the cause where there is one', () => {
    expect(() => parseCron('0 * * * *', 'Mars/Base')).toThrow(
      expect.objectContaining({ cause: expect.any(TypeError) as unknown }),
    )
  })
})
