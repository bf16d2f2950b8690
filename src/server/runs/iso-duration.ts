const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const WEEK_MS = 7 * DAY_MS

const ISO_8601 =
  /^P(?=.)(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:[.,](\d{1,3}))?S)?)?$/

/**
 * Reads a duration of ISO 8601, such as `PT5M`, `P1DT12H` or `PT0.5S`. Years and months have no
 * length of their own, so they are refused; so are fractions of anything but a second.
 *
 * @returns milliseconds; `null` for anything else.
 */
export function parseIsoDuration(text: string): number | null {
  const parts = ISO_8601.exec(text)
  if (parts === null) return null
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts
    .slice(1, 6)
    .map((part: string | undefined) => Number(part ?? 0))
  const fractionMs = Number((parts[6] ?? '').padEnd(3, '0'))
  const clockMs = hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS + fractionMs
  return weeks * WEEK_MS + days * DAY_MS + clockMs
}

/**
 * Writes a duration in ISO 8601, in days and smaller units: `P1DT2H`, `PT0S`.
 *
 * @param durationMs - not negative; fractions of a millisecond are dropped.
 */
export function formatIsoDuration(durationMs: number): string {
  const wholeMs = Math.floor(durationMs)
  const days = Math.floor(wholeMs / DAY_MS)
  const hours = Math.floor((wholeMs % DAY_MS) / HOUR_MS)
  const minutes = Math.floor((wholeMs % HOUR_MS) / MINUTE_MS)
  const seconds = (wholeMs % MINUTE_MS) / SECOND_MS
  const date = days > 0 ? `${days}D` : ''
  const time = [
    hours > 0 ? `${hours}H` : '',
    minutes > 0 ? `${minutes}M` : '',
    seconds > 0 || wholeMs === 0 ? `${seconds}S` : '',
  ].join('')
  return `P${date}${time === '' ? '' : `T${time}`}`
}
