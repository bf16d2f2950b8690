/** An instant as a producer wrote it, made canonical. */
export interface EventTime {
  /** ISO 8601 in UTC: three fractional digits, or six where the microseconds are not zero. */
  readonly iso: string
  /** Milliseconds since 1970. */
  readonly epochMs: number
}

/** A clock that is further ahead of ours than this is not believed. */
const MAX_AHEAD_MS = 24 * 60 * 60 * 1000

const ISO_8601 =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,30}))?)? ?(Z|[+-]\d\d(?::?\d\d)?)?(?:\[[\w/+-]{1,64}\])?$/i

/**
 * Reads an ISO 8601 date and time. Without a zone it is UTC; digits beyond microseconds are cut
 * off; Java's zone name in brackets is ignored.
 *
 * @returns `null` for anything else, for days that do not exist, and for instants outside the
 * years 1 to 9999 of UTC, which JavaScript and Postgres do not write alike.
 */
export function readEventTime(value: unknown): EventTime | null {
  const parts = typeof value === 'string' ? ISO_8601.exec(value) : null
  if (parts === null) return null
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '00'] = parts
  const [fraction = '', zone = 'Z'] = parts.slice(7)
  const offsetMs = readOffsetMs(zone)
  const dayMs = readDayMs(Number(year), Number(month), Number(day))
  // 60 is a leap second.
  const isClock = Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60
  if (offsetMs === null || dayMs === null || !isClock) return null
  const clockMs = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000
  return eventTime(dayMs + clockMs - offsetMs, fraction.slice(0, 6).padEnd(6, '0'))
}

/**
 * When an event happened, as far as its clock can be believed: later than
 * {@link MAX_AHEAD_MS} from now or earlier than 1970, it happened when it was received.
 */
export function believableTime(time: EventTime, receivedAt: Date): string {
  const isAhead = time.epochMs - receivedAt.getTime() > MAX_AHEAD_MS
  return isAhead || time.epochMs < 0 ? receivedAt.toISOString() : time.iso
}

function eventTime(wholeSecondMs: number, micros: string): EventTime | null {
  const epochMs = wholeSecondMs + Number(micros.slice(0, 3))
  const written = new Date(epochMs)
  const year = written.getUTCFullYear()
  if (year < 1 || year > 9999) return null
  const iso = written.toISOString()
  return { iso: micros.endsWith('000') ? iso : `${iso.slice(0, 20)}${micros}Z`, epochMs }
}

/** @returns `null` when the calendar has no such day. */
function readDayMs(year: number, month: number, day: number): number | null {
  const date = new Date(0)
  // Date.UTC would take the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day)
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : null
}

/** @returns `null` when no place on earth is so far from UTC. */
function readOffsetMs(zone: string): number | null {
  if (zone.toUpperCase() === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(3).replace(':', '') || '0')
  if (hours > 18 || minutes > 59) return null
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
