const grouped = new Intl.NumberFormat('en-US')

/** A count with its thousands set apart: `6,980`. */
export function countWords(count: number): string {
  return grouped.format(count)
}

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })

/** A count where there is little room: `6,980`, and `2.6M` from a hundred thousand on. */
export function shortCountWords(count: number): string {
  return count < 100_000 ? countWords(count) : compact.format(count)
}

/** A count and its noun: `1 source`, `12 sources`. */
export function countOf(count: number, noun: string): string {
  return `${countWords(count)} ${noun}${count === 1 ? '' : 's'}`
}

/**
 * A rate in whole percent, rounded down: 99.6 % is not everything.
 *
 * @param rate - 0 to 1.
 */
export function percentWords(rate: number): string {
  return `${Math.floor(rate * 100 + 1e-9)} %`
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const

/** A size in its largest unit of 1,000, in at most three digits: `912 bytes`, `4.2 kB`, `12 MB`. */
export function byteWords(bytes: number): string {
  let size = bytes
  let unit = 0
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1_000
    unit += 1
  }
  const digits = unit === 0 || size >= 9.95 ? size.toFixed(0) : size.toFixed(1)
  return `${digits} ${UNITS[unit] ?? ''}`
}
