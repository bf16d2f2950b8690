import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { end, endedBy, ignoreAbort } from './child-process.js'
import type { FollowedUpdate, FollowPlan, FollowReport } from './load/follow-plan.js'

const OPENING_TIMEOUT_MS = 90_000

/** The many sockets that watch a whole server, seen from the process that writes. */
export class Follower {
  /** Every update so far that all sockets have. */
  readonly updates: FollowedUpdate[] = []
  private readonly child: ChildProcess
  private failure: string | undefined

  private constructor(child: ChildProcess) {
    this.child = child
    child.on('message', (report: FollowReport) => {
      if ('seq' in report) this.updates.push(report)
      else if ('failure' in report) this.failure = report.failure
      child.emit('report')
    })
    child.once('exit', () => {
      this.failure ??= 'the follower ended'
      child.emit('report')
    })
  }

  /**
   * Opens the sockets and waits until each has its first update.
   *
   * @throws Error when they cannot all be opened in time.
   */
  static async start(plan: FollowPlan, signal: AbortSignal): Promise<Follower> {
    const module = join(import.meta.dirname, 'load', 'follow-server.js')
    const child = ignoreAbort(fork(module, endedBy(signal)))
    const follower = new Follower(child)
    try {
      child.send(plan)
      await once(child, 'report', { signal: AbortSignal.timeout(OPENING_TIMEOUT_MS) })
      follower.checkHealth()
      return follower
    } catch (error) {
      await follower.stop()
      throw error
    }
  }

  /**
   * Waits until all sockets show so many queued entries or more.
   *
   * @throws Error when that takes too long, or when a socket is lost.
   */
  async sees(queued: number, timeoutMs: number): Promise<FollowedUpdate> {
    const signal = AbortSignal.timeout(timeoutMs)
    for (;;) {
      const found = this.updates.find((update) => (update.queued ?? -1) >= queued)
      if (found !== undefined) return found
      await once(this.child, 'report', { signal })
      this.checkHealth()
    }
  }

  /** Closes the sockets. */
  stop(): Promise<void> {
    return end(this.child)
  }

  private checkHealth(): void {
    if (this.failure !== undefined) throw new Error(this.failure)
  }
}
