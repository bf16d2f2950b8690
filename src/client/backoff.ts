const SHORTEST_MS = 500
const LONGEST_MS = 20_000

/**
 * How long to wait after so many failures in a row: full jitter below a ceiling that doubles.
 *
 * @param failures - from 1.
 * @param random - from 0 up to, not including, 1.
 * @returns milliseconds, 500 to 20,000.
 */
export function backoffMs(failures: number, random: number): number {
  const ceilingMs = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** failures)
  return SHORTEST_MS + random * (ceilingMs - SHORTEST_MS)
}
