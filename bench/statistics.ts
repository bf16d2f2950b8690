/** The middle of the samples, or of the two in the middle; NaN when there is none. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((one, other) => one - other)
  const middle = sorted.length / 2
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN
  return Number.isInteger(middle) ? (low + (sorted[middle] ?? Number.NaN)) / 2 : low
}

/** The value that so large a share of the samples does not exceed; 0.99 is p99. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((one, other) => one - other)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}
