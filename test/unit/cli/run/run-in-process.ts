import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { type RunTimes, run } from '../../../../src/cli/run/run.js'
import type { RunRequest } from '../../../../src/cli/run/run-request.js'
import { type Answer, accept, type ReportServer, startReportServer } from './report-server.js'

/** Short enough for tests. */
export const TIMES: RunTimes = { heartbeatMs: 60_000, budgetMs: 1_000 }

/** A command to wrap in this process. */
export interface Given {
  readonly command: readonly [string, ...string[]]
  readonly base?: string | null
  readonly request?: Partial<RunRequest>
  readonly times?: RunTimes
  readonly signals?: EventEmitter
  readonly isInForeground?: boolean
}

interface Streams {
  readonly stdout: PassThrough
  readonly stderr: PassThrough
}

/** Wraps it, writing to these streams. */
export function runInto(streams: Streams, given: Given) {
  const { command, base = null, request, times, signals, isInForeground = false } = given
  return run(
    {
      job: 'nightly',
      namespace: 'team/a',
      command,
      base,
      complaint: null,
      token: undefined,
      expectations: null,
      ...request,
    },
    {
      ...streams,
      env: { ...process.env },
      signals: signals ?? new EventEmitter(),
      isInForeground: () => isInForeground,
      times: times ?? TIMES,
    },
  )
}

/** Wraps it, and gathers what it writes. */
export async function runToEnd(given: Given) {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const [out, err] = [text(stdout), text(stderr)]
  const startedAt = performance.now()
  const { end } = await runInto({ stdout, stderr }, given)
  const tookMs = performance.now() - startedAt
  stdout.end()
  stderr.end()
  return { end, out: await out, err: await err, tookMs }
}

/** A server that takes reports until the test is over. */
export async function givenServer(answer: Answer = accept): Promise<ReportServer> {
  const server = await startReportServer(answer)
  onTestFinished(() => server.close())
  return server
}

/** Sends SIGINT when a command is over, and again so much later, in milliseconds. */
export async function interruptAfter(
  pid: number,
  signals: EventEmitter,
  ...laterMs: readonly number[]
): Promise<void> {
  await expect.poll(() => isThere(pid), { interval: 5, timeout: 10_000 }).toBe(false)
  for (const ms of [20, ...laterMs]) {
    await delay(ms)
    signals.emit('SIGINT', 'SIGINT')
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The words that run a script of the shell. */
export function shell(script: string): [string, ...string[]] {
  return ['sh', '-c', script]
}
