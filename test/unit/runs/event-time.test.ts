import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readEventTime } from '../../../src/server/runs/event-time.js'

function isoOf(value: unknown) {
  return readEventTime(value)?.iso
}

describe('readEventTime', () => {
  it.each([
    ['a zone', '2020-12-28T19:52:00.001+10:00', '2020-12-28T09:52:00.001Z'],
    ['a zone west of UTC', '2020-12-28T19:52:00-03:30', '2020-12-28T23:22:00.000Z'],
    ['a zone without a colon', '2020-12-28T19:52:00+0100', '2020-12-28T18:52:00.000Z'],
    ['a zone of hours', '2020-12-28T19:52:00+01', '2020-12-28T18:52:00.000Z'],
    ['no seconds', '2020-12-28T19:52Z', '2020-12-28T19:52:00.000Z'],
    ['lower case', '2020-12-28t19:52:00z', '2020-12-28T19:52:00.000Z'],
    ['a blank, as Postgres writes', '2020-12-28 19:52:00+00', '2020-12-28T19:52:00.000Z'],
    ["Java's zone name", '2020-12-28T19:52:00+01:00[Europe/Riga]', '2020-12-28T18:52:00.000Z'],
    ['a leap second', '2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['a leap day', '2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
  ])('[OL-time] reads a time with %s', (_what, text, expected) => {
    expect(isoOf(text)).toBe(expected)
  })

  it('[OL-time] takes a time without a zone for UTC', () => {
    expect(isoOf('2020-12-28T19:51:01.641499')).toBe('2020-12-28T19:51:01.641499Z')
  })

  it('[OL-time] cuts nanoseconds to microseconds, never rounding up', () => {
    expect(isoOf('2020-12-28T19:51:01.999999999Z')).toBe('2020-12-28T19:51:01.999999Z')
    expect(isoOf('2020-12-28T19:51:01.000000999Z')).toBe('2020-12-28T19:51:01.000Z')
  })

  it('[OL-time] writes equal instants alike', () => {
    expect(isoOf('2020-12-28T19:51:01.5Z')).toBe('2020-12-28T19:51:01.500Z')
    expect(isoOf('2020-12-28T19:51:01.500000Z')).toBe('2020-12-28T19:51:01.500Z')
    expect(isoOf('2020-12-28T20:51:01.5+01:00')).toBe('2020-12-28T19:51:01.500Z')
  })

  it.each([
    [''],
    ['now'],
    ['2020-12-28'],
    ['2020-02-30T00:00:00Z'],
    ['2023-02-29T00:00:00Z'],
    ['2020-13-01T00:00:00Z'],
    ['2020-00-01T00:00:00Z'],
    ['2020-01-00T00:00:00Z'],
    ['2020-01-01T24:00:00Z'],
    ['2020-01-01T00:60:00Z'],
    ['2020-01-01T00:00:61Z'],
    ['2020-01-01T00:00:00+19:00'],
    ['2020-01-01T00:00:00+01:60'],
    ['2020-01-01T00:00:00Z and more'],
    ['20201-01-01T00:00:00Z'],
    [1609185061641],
    [null],
    [{}],
  ])('[OL-time] does not read %j', (value) => {
    expect(readEventTime(value)).toBeNull()
  })

  it('[OL-time] reads the years 1 to 9999 of UTC and nothing beyond, zones considered', () => {
    expect(isoOf('0001-01-01T00:00:00Z')).toBe('0001-01-01T00:00:00.000Z')
    expect(isoOf('9999-12-31T23:59:59.999999Z')).toBe('9999-12-31T23:59:59.999999Z')
    expect(isoOf('0001-01-01T00:00:00+00:01')).toBeUndefined()
    expect(isoOf('9999-12-31T23:59:59-00:01')).toBeUndefined()
    expect(isoOf('0000-06-01T00:00:00Z')).toBeUndefined()
  })

  it('[OL-time] agrees with Date on every instant that Date can write', () => {
    const dates = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(dates, (date) => {
        const read = readEventTime(date.toISOString())

        expect(read).toEqual({ iso: date.toISOString(), epochMs: date.getTime() })
      }),
    )
  })

  it('[OL-time] what it wrote it reads again unchanged', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999 }), (micros) => {
        const iso = isoOf(`2020-12-28T19:51:01.${String(micros).padStart(6, '0')}+05:45`)

        expect(isoOf(iso)).toBe(iso)
      }),
    )
  })
})
