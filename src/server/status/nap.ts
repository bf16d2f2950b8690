import { setTimeout as delay } from 'node:timers/promises'

/** Waits; an abort ends the wait without an error. */
export async function nap(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
