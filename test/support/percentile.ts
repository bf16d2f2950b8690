/** The value below which that share of the samples lies; 0.99 is p99. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** `p50 3 ms, p99 12 ms, worst 14 ms`. */
export function describeTimes(samples: readonly number[]): string {
  const figure = (share: number) => percentile(samples, share).toFixed(1)
  return `p50 ${figure(0.5)} ms, p99 ${figure(0.99)} ms, worst ${figure(1)} ms`
}
