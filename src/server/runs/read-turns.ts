/** Does a read when it is its turn. */
export type ReadInTurn = <Result>(read: () => Promise<Result>) => Promise<Result>

/** More is asked for than can be read while the askers still listen. */
export class TooManyReadsError extends Error {
  override readonly name = 'TooManyReadsError'
  readonly code = 'too_many_reads'
}

/** How many may read, and how many may wait for it. */
export interface ReadTurnsOptions {
  readonly atOnce: number
  readonly maxWaiting: number
  readonly maxWaitMs: number
}

/**
 * Makes the function that gives each read its turn, in the order in which they came. What anybody may
 * ask for never has more connections than its share: reports and the feed need the others.
 *
 * @returns a function that throws TooManyReadsError when too many wait, or one did for too long.
 */
export function createReadTurns(options: ReadTurnsOptions): ReadInTurn {
  const waiting = new Set<() => void>()
  let underWay = 0

  const turn = () =>
    new Promise<void>((resolve, reject) => {
      const begin = () => {
        clearTimeout(patience)
        waiting.delete(begin)
        resolve()
      }
      const patience = setTimeout(() => {
        waiting.delete(begin)
        reject(tooMany())
      }, options.maxWaitMs)
      waiting.add(begin)
    })
  const end = () => {
    const [next] = waiting
    if (next === undefined) underWay -= 1
    else next() // whose place it is now
  }
  return async (read) => {
    if (underWay < options.atOnce) underWay += 1
    else if (waiting.size < options.maxWaiting) await turn()
    else throw tooMany()
    try {
      return await read()
    } finally {
      end()
    }
  }
}

function tooMany(): TooManyReadsError {
  return new TooManyReadsError('too much is asked for at once; ask again')
}
