import type { DemoPipeline, DemoSource, Episode } from './demo-board.js'
import { between, chance, wholeBetween } from './demo-chance.js'

/** How much later than usual a late run starts: more than the slack of its promise. */
const LATE_BY_MS = [15_000, 30_000] as const

/** A punctual run still starts up to this much after its usual instant. */
const START_JITTER_MS = 1_500

const SLOW_FACTOR = 3

/** One run of a source as it will have been. Instants are milliseconds since the epoch. */
export interface DemoRun {
  readonly startedAt: number
  readonly endedAt: number
  readonly rows: number
  /** Why it failed; absent when it succeeds. */
  readonly error?: string
}

/** The instant of a pipeline's tick, in milliseconds since the epoch. */
export function tickAt(pipeline: DemoPipeline, tick: number): number {
  return tick * pipeline.everyMs + pipeline.offsetMs
}

/** The newest tick of a pipeline that is not after an instant. */
export function tickBefore(pipeline: DemoPipeline, atMs: number): number {
  return Math.floor((atMs - pipeline.offsetMs) / pipeline.everyMs)
}

/**
 * What a source does at a tick of its pipeline. It always ends before the next tick.
 *
 * @returns `null` when the source skips the tick.
 */
export function sourceRun(
  pipeline: DemoPipeline,
  source: DemoSource,
  tick: number,
): DemoRun | null {
  const seed = `${source.name}/${tick}`
  const befalls = (effect: Episode['effect']) => isBefallen(source, effect, tick)
  if (befalls('skip')) return null

  const lateByMs = befalls('late') ? between(...LATE_BY_MS, `${seed}/late`) : 0
  const jitterMs = between(0, START_JITTER_MS, `${seed}/start`)
  const startedAt = Math.round(tickAt(pipeline, tick) + source.startsAfterMs + jitterMs + lateByMs)
  const wholeMs = durationMs(source, seed) * (befalls('slow') ? SLOW_FACTOR : 1)
  if (befalls('fail')) {
    const ranMs = wholeMs * between(0.3, 0.9, `${seed}/failed`)
    const error = errorOf(source, tick)
    return { startedAt, endedAt: Math.round(startedAt + ranMs), rows: 0, error }
  }
  const rows = Math.round(source.usualRows * between(0.8, 1.2, `${seed}/rows`))
  return { startedAt, endedAt: Math.round(startedAt + wholeMs), rows }
}

/** A stream runs from checkpoint to checkpoint; a batch varies by 15 %. */
function durationMs(source: DemoSource, seed: string): number {
  if (source.processingType === 'STREAMING') return source.usualMs
  return source.usualMs * between(0.85, 1.15, `${seed}/duration`)
}

function isBefallen(source: DemoSource, effect: Episode['effect'], tick: number): boolean {
  return source.episodes.some((episode) => {
    if (episode.effect !== effect) return false
    const cycle = Math.floor(tick / episode.everyTicks)
    const seed = `${source.name}/${effect}/${cycle}`
    const beginsAtTick = cycle * episode.everyTicks + wholeBetween(...episode.beginsAtTick, seed)
    const since = tick - beginsAtTick
    return since >= 0 && since < wholeBetween(...episode.forTicks, `${seed}/length`)
  })
}

/** The failures of one cycle have one cause. */
function errorOf(source: DemoSource, tick: number): string {
  const everyTicks = source.episodes.find(({ effect }) => effect === 'fail')?.everyTicks ?? 1
  const cycle = Math.floor(tick / everyTicks)
  const error = source.errors[Math.floor(chance(`${source.name}/${cycle}`) * source.errors.length)]
  if (error === undefined) throw new Error(`The demo source "${source.name}" fails without a cause`)
  return error
}
