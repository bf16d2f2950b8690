/**
 * A signal that ends with another one, for its reason, or in time with a `TimeoutError`. Browsers have
 * `AbortSignal.any` since 2024 only.
 */
export function withTimeLimit(ended: AbortSignal, limitMs: number): AbortSignal {
  const ending = new AbortController()
  const { signal } = ending
  for (const each of [ended, AbortSignal.timeout(limitMs)]) {
    const end = () => ending.abort(each.reason)
    // Whichever comes first takes the other listener away.
    each.addEventListener('abort', end, { signal })
    if (each.aborted) end()
  }
  return signal
}
