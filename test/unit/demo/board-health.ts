import {
  DEMO_BOARD,
  type DemoExpectation,
  demoExpectations,
} from '../../../src/server/demo/demo-board.js'
import { demoEvents } from '../../../src/server/demo/demo-events.js'

/** A status of the domain, as far as the demo can reach it. */
export type Status = 'Healthy' | 'Late' | 'Degraded' | 'Failing'

interface Run {
  readonly startedAt: number
  readonly endedAt: number
  readonly isSuccess: boolean
}

/** Reads the demo's events as the domain's rules H3, H4, H6, H7 and H9 do, in a few lines. */
export class BoardHealth {
  private readonly runs = new Map<string, Run[]>()
  private readonly expectations = new Map(demoExpectations().map((one) => [one.name, one]))
  readonly sources = DEMO_BOARD.flatMap(({ sources }) => sources.map(({ name }) => name))

  constructor(from: Date, to: Date) {
    const startedAt = new Map<string, number>()
    for (const { eventType, eventTime, run, job } of demoEvents(from, to)) {
      const at = Date.parse(eventTime)
      if (eventType === 'START') startedAt.set(run.runId, at)
      const start = startedAt.get(run.runId)
      if (start === undefined || eventType === 'START' || eventType === 'RUNNING') continue
      const runs = this.runs.get(job.name) ?? []
      runs.push({ startedAt: start, endedAt: at, isSuccess: eventType === 'COMPLETE' })
      this.runs.set(job.name, runs)
    }
    for (const [name, runs] of this.runs) {
      this.runs.set(name, withMissed(runs, this.expectations.get(name)))
    }
  }

  /** The status of each source at an instant well inside the span. */
  at(nowMs: number): ReadonlyMap<string, Status> {
    return new Map(this.sources.map((name) => [name, this.statusOf(name, nowMs)]))
  }

  private statusOf(name: string, nowMs: number): Status {
    const known = (this.runs.get(name) ?? []).filter(({ startedAt }) => startedAt <= nowMs)
    const finished = known.filter(({ endedAt }) => endedAt <= nowMs).slice(-50)
    const newest = known.at(-1)
    if (newest === undefined || finished.length < 20) throw new Error(`${name} has no history`)

    const rate = finished.slice(-20).filter(({ isSuccess }) => isSuccess).length / 20
    if (finished.at(-1)?.isSuccess === false || rate < 0.5) return 'Failing'
    if (rate < 0.8 || isSlow(newest, finished, nowMs)) return 'Degraded'
    const interval = this.expectations.get(name)?.intervalMs ?? Number.POSITIVE_INFINITY
    const isInProgress = newest.endedAt > nowMs
    return !isInProgress && nowMs >= newest.startedAt + interval ? 'Late' : 'Healthy'
  }
}

/** A missed run is known from its deadline on, and keeps its place until the next run. */
function withMissed(runs: readonly Run[], expected: DemoExpectation | undefined): Run[] {
  if (expected === undefined) return [...runs]
  return runs.flatMap((run, index) => {
    const deadline = run.startedAt + expected.intervalMs + expected.graceMs
    const next = runs[index + 1]
    if (next === undefined || next.startedAt <= deadline) return [run]
    return [run, { startedAt: deadline, endedAt: deadline, isSuccess: false }]
  })
}

function isSlow(newest: Run, finished: readonly Run[], nowMs: number): boolean {
  const durations = finished
    .filter((run) => run.isSuccess && run !== newest)
    .slice(-30)
    .map(({ startedAt, endedAt }) => endedAt - startedAt)
    .sort((one, other) => one - other)
  const position = 0.95 * (durations.length - 1)
  const [below, above] = [Math.floor(position), Math.ceil(position)]
  const usualMs = durations[below]! + (durations[above]! - durations[below]!) * (position - below)
  return Math.min(newest.endedAt, nowMs) - newest.startedAt > 1.5 * usualMs
}
