import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { median } from './statistics.js'

/** What the worker of a rally is given. */
export interface CoreRally {
  readonly shared: SharedArrayBuffer
  readonly turns: number
}

const BATCHES = 20
const TURNS_A_BATCH = 4_000

/**
 * How long it takes one core to see what another has written, in nanoseconds: the median over some
 * batches of a rally between this thread and a worker. The thread spins meanwhile, for about 10 ms.
 *
 * A virtual machine's cores can come to lie in different caches of the machine below, and back,
 * while it runs. What one process writes for another, as a server does for the load generator
 * beside it, then costs several times as much.
 */
export async function measureCoreDistance(): Promise<number> {
  const shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  const rally: CoreRally = { shared, turns: TURNS_A_BATCH * (BATCHES + 1) }
  const worker = new Worker(new URL('core-echo.js', import.meta.url), { workerData: rally })
  const ended = once(worker, 'exit')
  await once(worker, 'message')
  const ball = new Int32Array(shared)
  const [, ...batches] = Array.from({ length: BATCHES + 1 }, (_, batch) => play(ball, batch))
  await ended
  return median(batches)
}

/** @returns nanoseconds a turn. */
function play(ball: Int32Array, batch: number): number {
  const first = batch * TURNS_A_BATCH + 1
  const startedAt = process.hrtime.bigint()
  for (let turn = first; turn < first + TURNS_A_BATCH; turn += 2) {
    Atomics.store(ball, 0, turn)
    while (Atomics.load(ball, 0) !== turn + 1);
  }
  return Number(process.hrtime.bigint() - startedAt) / TURNS_A_BATCH
}
