import { parentPort, workerData } from 'node:worker_threads'
import WebSocket from 'ws'

/** What the dashboards saw. */
export interface DashboardFigures {
  /** The longest time between two updates of any one of them, in milliseconds. */
  readonly longestGapMs: number
  /** How many updates all of them got together. */
  readonly updates: number
}

// A thread that watches with many sockets: it says when all have their first update, and at the
// end what they saw.

const { url, count } = workerData as { url: string; count: number }
const sockets: WebSocket[] = []
let longestGapMs = 0
let updates = 0

await Promise.all(Array.from({ length: count }, watch))
parentPort?.postMessage('watching')
parentPort?.once('message', () => {
  const figures: DashboardFigures = { longestGapMs, updates }
  parentPort?.postMessage(figures)
  for (const socket of sockets) socket.terminate()
})

async function watch(): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/monitoring/pipeline-status`)
  sockets.push(socket)
  let updatedAt: number | undefined
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.on('message', (data: Buffer) => {
      if (!data.subarray(0, 40).includes('pipeline_status_update')) return
      const now = performance.now()
      longestGapMs = Math.max(longestGapMs, now - (updatedAt ?? now))
      updatedAt = now
      updates += 1
      resolve()
    })
  })
}
