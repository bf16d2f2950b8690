const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

type Unit = readonly [lengthMs: number, name: string]

/**
 * A length of time in at most two units: `0.4 s`, `42 s`, `2 min 5 s`, `3 h 10 min`, `4 d 2 h`.
 * Rounded down, so that a clock which is read every second shows every second once.
 */
export function durationWords(durationMs: number): string {
  const ms = Math.max(0, durationMs)
  if (ms < 10 * SECOND_MS) return `${(Math.floor(ms / 100) / 10).toString()} s`
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`
  return longWords(ms)
}

/** A clock that runs: as {@link durationWords}, in whole seconds. */
export function clockWords(durationMs: number): string {
  const ms = Math.max(0, durationMs)
  return ms < MINUTE_MS ? `${Math.floor(ms / SECOND_MS)} s` : longWords(ms)
}

/** How long ago something was, in its largest unit: `just now`, `42 s ago`, `5 min ago`, `2 d ago`. */
export function agoWords(ageMs: number): string {
  const ms = Math.max(0, ageMs)
  if (ms < SECOND_MS) return 'just now'
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s ago`
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min ago`
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)} h ago`
  return `${Math.floor(ms / DAY_MS)} d ago`
}

function longWords(ms: number): string {
  if (ms < HOUR_MS) return twoUnits(ms, [MINUTE_MS, 'min'], [SECOND_MS, 's'])
  if (ms < DAY_MS) return twoUnits(ms, [HOUR_MS, 'h'], [MINUTE_MS, 'min'])
  return twoUnits(ms, [DAY_MS, 'd'], [HOUR_MS, 'h'])
}

function twoUnits(ms: number, [largeMs, large]: Unit, [smallMs, small]: Unit): string {
  const whole = Math.floor(ms / largeMs)
  const rest = Math.floor((ms % largeMs) / smallMs)
  return rest === 0 ? `${whole} ${large}` : `${whole} ${large} ${rest} ${small}`
}
