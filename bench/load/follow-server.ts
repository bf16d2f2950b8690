import { setTimeout as delay } from 'node:timers/promises'
import { sharedNowMs } from '../shared-clock.js'
import { DIALECTS } from './dialect.js'
import type { FollowPlan, FollowReport } from './follow-plan.js'
import { localAddress } from './local-address.js'
import { openSocket } from './open-socket.js'
import { SequenceProgress } from './sequence-progress.js'

// Watches a whole server with many sockets, as a process of its own: it reports when all of them
// have come to each position of the sequence, until its parent lets it go.

/** `seq` stands within so many bytes of the beginning of a frame. */
const FRAME_HEAD_BYTES = 256
/** One socket keeps whole frames, to see what they say. */
const WITNESS_BYTES = 1_048_576
const OPENING_TIMEOUT_MS = 60_000
const SETTLE_MS = 500

process.once('disconnect', () => process.exit(0))
process.once('message', (plan: FollowPlan) => {
  follow(plan).catch((error: unknown) => report({ failure: (error as Error).message }))
})

async function follow({ port, sockets }: FollowPlan): Promise<void> {
  const queuedBySeq = new Map<number, number>()
  let newestSeq = 0
  const progress = new SequenceProgress(sockets, ({ seq, firstAt, lastAt }) => {
    report({ seq, queued: queuedBySeq.get(seq) ?? null, firstAt, lastAt })
    queuedBySeq.delete(seq)
  })
  const onFrame = (socket: number, head: Uint8Array) => {
    const at = sharedNowMs()
    const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1')
    const seq = Number(/"seq":(\d+)/.exec(text)?.[1] ?? Number.NaN)
    if (Number.isNaN(seq)) return false // a greeting
    if (socket === 0) queuedBySeq.set(seq, Number(/"queued":(\d+)/.exec(text)?.[1] ?? Number.NaN))
    newestSeq = Math.max(newestSeq, seq)
    progress.advance(socket, seq, at)
    return true
  }
  await openAll(port, sockets, onFrame)
  await delay(SETTLE_MS)
  progress.begin(newestSeq)
  report({ isOpen: true })
}

function openAll(
  port: number,
  sockets: number,
  onFrame: (socket: number, head: Uint8Array) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error('the sockets did not open within a minute')),
      OPENING_TIMEOUT_MS,
    )
    const waiting = new Set(Array.from({ length: sockets }, (_, index) => index))
    for (let index = 0; index < sockets; index += 1) {
      openSocket(
        {
          port,
          localAddress: localAddress(index),
          dialect: DIALECTS.ours,
          keepBytes: index === 0 ? WITNESS_BYTES : FRAME_HEAD_BYTES,
        },
        {
          message: (_payloadBytes, head) => {
            if (!onFrame(index, head) || !waiting.delete(index) || waiting.size > 0) return
            clearTimeout(timer)
            resolve()
          },
          bytes: () => undefined,
          lost: (reason) => {
            reject(reason)
            report({ failure: reason.message })
          },
        },
      )
    }
  })
}

function report(message: FollowReport): void {
  process.send?.(message)
}
