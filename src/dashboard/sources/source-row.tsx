import type { SourceStatus } from '../../protocol/index.js'
import { memo } from '../page/memo.js'
import { Ticking } from '../page/page-context.js'
import { sourceHref } from '../page/route.js'
import { StatusWord } from '../status/status-icon.js'
import { percentWords } from '../words/count-words.js'
import { whyWords } from '../words/reason-words.js'
import { DurationMeter } from './duration-meter.js'
import { HistoryBar } from './history-bar.js'
import { whenWords } from './row-times.js'

/** One source. It renders anew only when something about it has changed. */
export const SourceRow = memo(function SourceRow({
  id,
  name,
  source,
}: {
  readonly id: string
  readonly name: string
  readonly source: SourceStatus
}) {
  const why = whyWords(source)
  const isRunning = source.running > 0
  return (
    <div class="row source-row">
      <StatusWord status={source.status} />
      <span class="row-name">
        <a href={sourceHref(id)} data-row-link>
          {name}
        </a>
        <span class="row-why" title={why}>
          {why}
        </span>
      </span>
      <span class={`row-when${isRunning ? ' is-running' : ''}`}>
        {isRunning && <span class="running-mark" aria-hidden="true" />}
        <Ticking text={(now) => whenWords(source, now)} />
      </span>
      <DurationMeter source={source} />
      <span class="row-rate" title="of the runs of its history">
        {source.success_rate === undefined ? '–' : percentWords(source.success_rate)}
      </span>
      <HistoryBar history={source.history} successRate={source.success_rate} />
    </div>
  )
})
