/** Does pieces of work with the same key one after another, in the order in which they came. */
export type InTurn = <Result>(key: string, work: () => Promise<Result>) => Promise<Result>

/** More work of one key waits already than can be done while its askers still listen. */
export class TooManyInTurnError extends Error {
  override readonly name = 'TooManyInTurnError'
  readonly code = 'TOO_MANY_IN_TURN'
}

/** The last piece of work of a key, and how many of them are not done. */
interface Queue {
  last: Promise<unknown>
  length: number
}

/**
 * Makes the function that gives each piece of work its turn.
 *
 * @param maxWaiting - so much work of one key may be unfinished.
 */
export function createTurns(maxWaiting: number): InTurn {
  const queues = new Map<string, Queue>()
  return async (key, work) => {
    const queue = queues.get(key) ?? { last: Promise.resolve(), length: 0 }
    if (queue.length >= maxWaiting) throw new TooManyInTurnError(`too much waits for ${key}`)
    queue.length += 1
    queues.set(key, queue)
    const turn = queue.last.then(work)
    // Whoever is next goes on whatever became of this one.
    queue.last = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      queue.length -= 1
      if (queue.length === 0) queues.delete(key)
    }
  }
}
