import type { Socket } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { DEFLATE_OFFER, DIALECTS, type Dialect } from './load/dialect.js'
import { type LoadSocketListener, openSocket } from './load/open-socket.js'

/** How many dashboards watch, and as what. */
export interface DashboardOptions {
  readonly url: string
  readonly count: number
  /** The subprotocols that they offer, the best one first. */
  readonly subprotocols: readonly string[]
}

/** What the dashboards saw. */
export interface DashboardFigures {
  /** The longest time between two updates of any one of them, in milliseconds. */
  readonly longestGapMs: number
  /** How many updates all of them got together, patches included. */
  readonly updates: number
  /** What came over their connections, compressed or not, in bytes. */
  readonly bytes: number
}

// A thread that watches with many sockets: it says when all have their first update, and at the
// end what they saw. They offer compression, as every browser does, and inflate nothing: what that
// costs is the browsers' and not the server's. A quiet socket is told nothing but its greeting and
// updates.

const { url, count, subprotocols } = workerData as DashboardOptions
const dialect: Dialect = {
  ...DIALECTS['ours-deflate'],
  headers: [DEFLATE_OFFER, `Sec-WebSocket-Protocol: ${subprotocols.join(', ')}`],
}
let longestGapMs = 0
let updates = 0
let bytes = 0

const sockets = Array.from({ length: count }, watch)
await Promise.all(sockets.map(({ isUpdated }) => isUpdated))
parentPort?.postMessage('watching')
parentPort?.once('message', () => {
  const figures: DashboardFigures = { longestGapMs, updates, bytes }
  parentPort?.postMessage(figures)
  for (const { socket } of sockets) socket.destroy()
})

function watch(): { readonly socket: Socket; readonly isUpdated: Promise<void> } {
  let isGreeted = false
  let updatedAt: number | undefined
  const { promise, resolve, reject } = withResolvers()
  const listener: LoadSocketListener = {
    message: () => {
      if (!isGreeted) {
        isGreeted = true
        return
      }
      const now = performance.now()
      longestGapMs = Math.max(longestGapMs, now - (updatedAt ?? now))
      updatedAt = now
      updates += 1
      resolve()
    },
    bytes: (more) => {
      bytes += more
    },
    lost: reject,
  }
  const options = { port: Number(new URL(url).port), localAddress: '127.0.0.1', dialect }
  return { socket: openSocket({ ...options, keepBytes: 0 }, listener), isUpdated: promise }
}

function withResolvers() {
  let resolve: () => void = () => undefined
  let reject: (reason: Error) => void = () => undefined
  const promise = new Promise<void>((...settle) => {
    ;[resolve, reject] = settle
  })
  return { promise, resolve, reject }
}
