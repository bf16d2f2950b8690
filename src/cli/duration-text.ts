const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** A length of time in at most two units: `0.4 s`, `42 s`, `2 min 5 s`, `3 h 10 min`, `4 d 2 h`. */
export function durationText(durationMs: number): string {
  const ms = Math.max(0, durationMs)
  if (ms < 10 * SECOND_MS) return `${(Math.floor(ms / 100) / 10).toString()} s`
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`
  if (ms < HOUR_MS) return twoUnits(ms, [MINUTE_MS, 'min'], [SECOND_MS, 's'])
  if (ms < DAY_MS) return twoUnits(ms, [HOUR_MS, 'h'], [MINUTE_MS, 'min'])
  return twoUnits(ms, [DAY_MS, 'd'], [HOUR_MS, 'h'])
}

/** The age of something, in whole units of which the largest is enough: `42 s`, `5 min`, `2 d`. */
export function ageText(ageMs: number): string {
  const ms = Math.max(0, ageMs)
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)} h`
  return `${Math.floor(ms / DAY_MS)} d`
}

type Unit = readonly [lengthMs: number, name: string]

function twoUnits(ms: number, [largeMs, large]: Unit, [smallMs, small]: Unit): string {
  const whole = Math.floor(ms / largeMs)
  const rest = Math.floor((ms % largeMs) / smallMs)
  return rest === 0 ? `${whole} ${large}` : `${whole} ${large} ${rest} ${small}`
}
