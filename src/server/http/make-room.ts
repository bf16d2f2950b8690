import type { Server } from 'node:http'

/** Often enough that whoever comes again finds room, and seldom enough to cost nothing. */
const MIN_PAUSE_MS = 250

/**
 * Closes the connections on which nothing is asked once somebody has been turned away for want of
 * room. Until then they are kept: a proxy that keeps its own for a minute would otherwise send
 * requests into ones that are being closed.
 *
 * @param clock - monotonic, in milliseconds.
 */
export function makeRoomWhenFull(
  server: Pick<Server, 'on' | 'closeIdleConnections'>,
  clock: () => number,
): void {
  let closedAt = Number.NEGATIVE_INFINITY
  server.on('drop', () => {
    if (clock() - closedAt < MIN_PAUSE_MS) return
    closedAt = clock()
    server.closeIdleConnections()
  })
}
