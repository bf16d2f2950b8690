import { useState } from 'preact/hooks'
import { memo } from '../page/memo.js'
import {
  BAR_HEIGHT,
  historyShapes,
  historySummary,
  nextRunsAgo,
  runWords,
  TICK_WIDTH,
  TICKS,
} from './history-shapes.js'

/** What the bar shows. */
export interface HistoryBarProps {
  readonly history: string
  readonly successRate: number | undefined
}

/**
 * Up to 90 runs as ticks. Its summary says the same in words; who comes by keyboard reads run by run
 * with the arrow keys.
 */
export const HistoryBar = memo(function HistoryBar({ history, successRate }: HistoryBarProps) {
  const [runsAgo, setRunsAgo] = useState<number | null>(null)
  const summary = historySummary(history, successRate)
  if (history === '') {
    return (
      <span class="history" role="img" aria-label={summary}>
        <Ticks history={history} runsAgo={null} />
      </span>
    )
  }
  const readRun = (event: KeyboardEvent) => {
    const next = nextRunsAgo(event.key, runsAgo, history.length)
    if (next === undefined) return
    event.preventDefault()
    setRunsAgo(next)
  }
  const read = runsAgo === null ? null : runWords(history, runsAgo)
  return (
    <span
      class="history"
      tabIndex={0}
      role="slider"
      aria-readonly="true"
      aria-label={summary}
      aria-valuemin={1}
      aria-valuemax={history.length}
      aria-valuenow={history.length - (runsAgo ?? 0)}
      aria-valuetext={read ?? runWords(history, 0)}
      data-tip={read ?? summary}
      onKeyDown={readRun}
      onBlur={() => setRunsAgo(null)}
    >
      <Ticks history={history} runsAgo={runsAgo} />
    </span>
  )
})

function Ticks({ history, runsAgo }: { history: string; runsAgo: number | null }) {
  return (
    <svg
      viewBox={`0 0 ${TICKS * TICK_WIDTH} ${BAR_HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path class="history-floor" d={`M0 ${BAR_HEIGHT - 0.5}h${TICKS * TICK_WIDTH}`} />
      {runsAgo !== null && (
        <rect
          class="history-cursor"
          x={(TICKS - 1 - runsAgo) * TICK_WIDTH - 1.5}
          width={TICK_WIDTH + 2}
          height={BAR_HEIGHT}
        />
      )}
      {historyShapes(history).map(({ state, path }) => (
        <path key={state} class={`run-${state.toLowerCase()}`} d={path} />
      ))}
    </svg>
  )
}
