import type { Request } from './page.js'

/**
 * The least time between two requests of a kind, in ms. There are three kinds that say something to
 * the server, which hears 20 messages in 10 s (P4.6); so it takes even those of 13 s at once, which is
 * for how long a network may keep them back before the connection is given up.
 */
const GAP_MS = 2_500

/** Keeps the requests of an impatient page apart; none is lost. */
export interface Spacing {
  /** @returns whether a request may be passed on now; else it is owed. */
  readonly take: (request: Request) => boolean
  /** What is to be taken again when its time has come. */
  readonly owed: ReadonlySet<Request>
  /** When that is for the first of them; `Infinity` when none is. */
  readonly dueAt: () => number
}

/** @param clock - ms of a monotonic clock. */
export function createSpacing(clock: () => number): Spacing {
  const freeAt = new Map<Request, number>()
  const owed = new Set<Request>()
  const freeAtOf = (request: Request) => freeAt.get(request) ?? 0
  return {
    take: (request) => {
      const now = clock()
      if (freeAtOf(request) > now) {
        owed.add(request)
        return false
      }
      freeAt.set(request, now + GAP_MS)
      owed.delete(request)
      return true
    },
    owed,
    dueAt: () => Math.min(...[...owed].map(freeAtOf)),
  }
}
