const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const WEEK_MS = 7 * DAY_MS

/** The longest length of time that is taken for one, in milliseconds: ten years. */
export const MAX_DURATION_MS = 3_660 * DAY_MS

const SHORT = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?:in)?)?(?:(\d+)s)?$/i
const ISO = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/i
const UNITS_MS = [WEEK_MS, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS]

/**
 * Reads a length of time: `90s`, `5m`, `1h30m`, `1d`, or ISO 8601 without years and months, whose
 * lengths vary, such as `PT1H30M`.
 *
 * @returns whole seconds, in milliseconds; `null` when it cannot be read, or is longer than
 *   {@link MAX_DURATION_MS}.
 */
export function parseDuration(text: string): number | null {
  const found = SHORT.exec(text) ?? ISO.exec(text)
  if (found === null || !/\d/.test(text)) return null
  const lengthMs = UNITS_MS.reduce(
    (sumMs, unitMs, index) => sumMs + Number(found[index + 1] ?? 0) * unitMs,
    0,
  )
  return lengthMs <= MAX_DURATION_MS ? lengthMs : null
}

/** A length of time in ISO 8601: `PT1H30M`, `P1DT12H`, `PT0S`. @param lengthMs - whole seconds. */
export function isoDuration(lengthMs: number): string {
  if (lengthMs === 0) return 'PT0S'
  const days = Math.floor(lengthMs / DAY_MS)
  const clock = (
    [
      [Math.floor((lengthMs % DAY_MS) / HOUR_MS), 'H'],
      [Math.floor((lengthMs % HOUR_MS) / MINUTE_MS), 'M'],
      [Math.floor((lengthMs % MINUTE_MS) / SECOND_MS), 'S'],
    ] as const
  )
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join('')
  return `P${days > 0 ? `${days}D` : ''}${clock === '' ? '' : `T${clock}`}`
}
