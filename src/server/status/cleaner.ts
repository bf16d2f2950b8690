/** One kind of rows that become too old. */
export interface Removal {
  /** What they are called in the log. */
  readonly of: string
  /** Removes some of them; resolves with whether there may be more. */
  readonly removeBatch: (now: Date) => Promise<boolean>
}

/** What cleaning needs. */
export interface CleaningOptions {
  readonly removals: readonly Removal[]
  readonly now: () => Date
  /** Waits for so many milliseconds, or until the signal fires. */
  readonly nap: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: { warn(about: object, message: string): void }
}

const INTERVAL_MS = 3_600_000
/** Between two batches others get their turn. */
const PAUSE_MS = 100

/** Removes what is too old, every hour, until the signal fires. */
export async function keepCleaning(options: CleaningOptions, signal: AbortSignal): Promise<void> {
  let left: readonly Removal[] = []
  while (!signal.aborted) {
    left = await removeSome(left.length > 0 ? left : options.removals, options)
    await options.nap(left.length > 0 ? PAUSE_MS : INTERVAL_MS, signal)
  }
}

/**
 * Removes a batch of each kind in turn. One that fails waits for the next hour, and keeps no other
 * from its turn.
 *
 * @returns those of which there may be more.
 */
async function removeSome(
  removals: readonly Removal[],
  { now, log }: CleaningOptions,
): Promise<readonly Removal[]> {
  const left: Removal[] = []
  for (const removal of removals) {
    try {
      if (await removal.removeBatch(now())) left.push(removal)
    } catch (error) {
      log.warn(
        { of: removal.of, reason: (error as Error).message },
        'old rows could not be removed',
      )
    }
  }
  return left
}
