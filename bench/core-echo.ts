import { parentPort, workerData } from 'node:worker_threads'
import type { CoreRally } from './core-distance.js'

// The other side of the rally in core-distance.ts: answers every odd number with the next even one.

const { shared, turns } = workerData as CoreRally
const ball = new Int32Array(shared)
parentPort?.postMessage('ready')
for (let turn = 1; turn <= turns; turn += 2) {
  while (Atomics.load(ball, 0) !== turn);
  Atomics.store(ball, 0, turn + 1)
}
