/** As many failures in a row are not about what is written: the database is away. */
const MAX_FAILURES_IN_A_ROW = 3

/** How much is written at once, by whom, and when to leave the rest. */
export interface ChunkWriting<Item> {
  /** A chunk ends with the group in which it reaches this many. */
  readonly size: number
  /** What one chunk must hold whole; items of one group follow each other. */
  readonly groupOf: (item: Item) => string
  readonly write: (chunk: readonly Item[]) => Promise<void>
  readonly signal: AbortSignal
}

/**
 * Writes chunk by chunk, so that what is written stays written whatever becomes of the rest, and a
 * chunk that fails does not keep the others from their turn.
 *
 * @returns the first failure; `null` when all went well or the signal fired.
 */
export async function writeInChunks<Item>(
  items: readonly Item[],
  writing: ChunkWriting<Item>,
): Promise<Error | null> {
  let firstFailure: Error | null = null
  let failuresInARow = 0
  for (let from = 0, end = 0; from < items.length && !writing.signal.aborted; from = end) {
    end = chunkEnd(items, from, writing)
    try {
      await writing.write(items.slice(from, end))
      failuresInARow = 0
    } catch (error) {
      firstFailure ??= error instanceof Error ? error : new Error(String(error))
      failuresInARow += 1
      if (failuresInARow === MAX_FAILURES_IN_A_ROW) break
    }
  }
  return firstFailure
}

function chunkEnd<Item>(
  items: readonly Item[],
  from: number,
  { size, groupOf }: ChunkWriting<Item>,
): number {
  const isOneGroup = (one: Item | undefined, next: Item | undefined) =>
    one !== undefined && next !== undefined && groupOf(one) === groupOf(next)
  let end = from + size
  while (isOneGroup(items[end - 1], items[end])) end += 1
  return end
}
