import { parentPort, workerData } from 'node:worker_threads'
import WebSocket from 'ws'

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
// end what they saw. They offer compression, as every browser does.

const { url, count, subprotocols } = workerData as DashboardOptions
const sockets: WebSocket[] = []
let longestGapMs = 0
let updates = 0
let bytes = 0

await Promise.all(Array.from({ length: count }, watch))
parentPort?.postMessage('watching')
parentPort?.once('message', () => {
  const figures: DashboardFigures = { longestGapMs, updates, bytes }
  parentPort?.postMessage(figures)
  for (const socket of sockets) socket.terminate()
})

async function watch(): Promise<void> {
  const address = `${url.replace('http', 'ws')}/ws/monitoring/pipeline-status`
  const socket = new WebSocket(address, [...subprotocols])
  socket.once('upgrade', (answer) => {
    answer.socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
  })
  sockets.push(socket)
  let updatedAt: number | undefined
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.on('message', (data: Buffer) => {
      if (!data.subarray(0, 40).includes('"pipeline_status_')) return
      const now = performance.now()
      longestGapMs = Math.max(longestGapMs, now - (updatedAt ?? now))
      updatedAt = now
      updates += 1
      resolve()
    })
  })
}
