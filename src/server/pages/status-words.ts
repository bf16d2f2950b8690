import { reasonWords } from '../../protocol/index.js'

/** An instant for people, in UTC: `2026-01-28 12:30:45 UTC`. */
export function instantWords(instant: string): string {
  return `${instant.slice(0, 19).replace('T', ' ')} UTC`
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

/** A length of time in its two largest units: `2 min 15 s`; below a second `0.4 s`. */
export function durationWords(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(Math.max(0, durationMs) / 100) / 10} s`
  const first = UNITS.findIndex(([, lengthMs]) => durationMs >= lengthMs)
  let restMs = durationMs
  const parts = UNITS.slice(first, first + 2).map(([name, lengthMs]) => {
    const count = Math.floor(restMs / lengthMs)
    restMs -= count * lengthMs
    return count === 0 ? '' : `${count} ${name}`
  })
  return parts.filter((part) => part !== '').join(' ')
}

/** Reasons in words, worst first; empty when all is well. */
export function reasonsWords(reasons: readonly string[]): string {
  return reasons
    .filter((reason) => reason !== 'ok')
    .map(reasonWords)
    .join(', ')
}
