import { RUN_LETTERS, type RunState } from '../../protocol/index.js'
import { percentWords } from '../words/count-words.js'

/** So many runs fit into the bar; a history is never longer. */
export const TICKS = 90
/** The bar's coordinates: each run has a column of its own. */
export const TICK_WIDTH = 4
/** The bar's height, in the same coordinates. */
export const BAR_HEIGHT = 24

const STATE_OF_LETTER = new Map(
  Object.entries(RUN_LETTERS).map(([state, letter]) => [letter, state as RunState]),
)

/**
 * Rectangles `[top, height]` of one tick of each state, so that shape and height tell what happened
 * even without colour: what failed reaches the top, what went well stays low, and what never came
 * leaves a hole.
 */
const SHAPES: Readonly<Record<RunState, readonly (readonly [top: number, height: number])[]>> = {
  COMPLETED: [[12, 12]],
  FAILED: [[0, 24]],
  TIMED_OUT: [
    [0, 8],
    [11, 13],
  ],
  MISSED: [
    [0, 4],
    [20, 4],
  ],
  ABORTED: [[20, 4]],
  RUNNING: [
    [6, 4],
    [13, 4],
    [20, 4],
  ],
  NEW: [[22, 2]],
}

/** All ticks of one state, as one path. */
export interface HistoryShape {
  readonly state: RunState
  /** The `d` of an SVG path. */
  readonly path: string
}

/**
 * The bar of a history: one path for each state, whatever the number of runs. The newest run stands
 * at the right end. Letters that are not known leave their column empty.
 */
export function historyShapes(history: string): readonly HistoryShape[] {
  const runs = history.slice(-TICKS)
  const paths = new Map<RunState, string>()
  for (const [index, letter] of Array.from(runs).entries()) {
    const state = STATE_OF_LETTER.get(letter)
    if (state === undefined) continue
    const x = (TICKS - runs.length + index) * TICK_WIDTH
    const tick = SHAPES[state].map(([top, height]) => `M${x} ${top}h3v${height}h-3z`).join('')
    paths.set(state, (paths.get(state) ?? '') + tick)
  }
  return [...paths].map(([state, path]) => ({ state, path }))
}

const STATE_WORDS: Readonly<Record<RunState, string>> = {
  NEW: 'new',
  RUNNING: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  ABORTED: 'aborted',
  TIMED_OUT: 'timed out',
  MISSED: 'missed',
}

/** The state of a run in words. */
export function runStateWords(state: RunState): string {
  return STATE_WORDS[state]
}

/**
 * The bar in words: `Last 90 runs: 87 completed, 2 failed, 1 missed. 96 % succeeded.`
 *
 * @param successRate - 0 to 1, where it is known.
 */
export function historySummary(history: string, successRate: number | undefined): string {
  if (history === '') return 'No runs yet.'
  const counts = new Map<RunState, number>()
  for (const letter of history) {
    const state = STATE_OF_LETTER.get(letter)
    if (state !== undefined) counts.set(state, (counts.get(state) ?? 0) + 1)
  }
  const parts = [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([state, count]) => `${count} ${STATE_WORDS[state]}`)
  const runs = history.length === 1 ? 'Last run' : `Last ${history.length} runs`
  const rate = successRate === undefined ? '' : ` ${percentWords(successRate)} succeeded.`
  return `${runs}: ${parts.join(', ')}.${rate}`
}

/**
 * One run in words: `Run 88 of 90: failed`; the last is the newest.
 *
 * @param runsAgo - 0 is the newest; one that is not there any more counts as the oldest.
 */
export function runWords(history: string, runsAgo: number): string {
  const at = Math.max(0, history.length - 1 - runsAgo)
  const state = STATE_OF_LETTER.get(history[at] ?? '')
  const words = state === undefined ? 'unknown' : STATE_WORDS[state]
  return `Run ${at + 1} of ${history.length}: ${words}`
}

/**
 * The run that a key leads to.
 *
 * @param runsAgo - the run that is being read; `null` while it is the summary.
 * @returns `null` for the summary, `undefined` for keys that lead nowhere.
 */
export function nextRunsAgo(
  key: string,
  runsAgo: number | null,
  runs: number,
): number | null | undefined {
  if (key === 'ArrowLeft') return Math.min(runs - 1, (runsAgo ?? -1) + 1)
  if (key === 'ArrowRight') return Math.max(0, (runsAgo ?? 0) - 1)
  return key === 'Escape' && runsAgo !== null ? null : undefined
}
