import { memo } from '../page/memo.js'
import { BAR_HEIGHT, historyShapes, historySummary, TICK_WIDTH, TICKS } from './history-shapes.js'

/** What the bar shows. */
export interface HistoryBarProps {
  readonly history: string
  readonly successRate: number | undefined
}

/** Up to 90 runs as ticks; keyboards reach it, and its summary says the same in words. */
export const HistoryBar = memo(function HistoryBar({ history, successRate }: HistoryBarProps) {
  const summary = historySummary(history, successRate)
  return (
    <span class="history" tabIndex={0} role="img" aria-label={summary} data-tip={summary}>
      <svg
        viewBox={`0 0 ${TICKS * TICK_WIDTH} ${BAR_HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <path class="history-floor" d={`M0 ${BAR_HEIGHT - 0.5}h${TICKS * TICK_WIDTH}`} />
        {historyShapes(history).map(({ state, path }) => (
          <path key={state} class={`run-${state.toLowerCase()}`} d={path} />
        ))}
      </svg>
    </span>
  )
})
