import { type ComponentChildren } from 'preact'
import type { HealthStatus, PipelineStatus } from '../../protocol/index.js'
import { Ticking } from '../page/page-context.js'
import { STATUS_LOOKS, STATUSES_BY_URGENCY } from '../status/status-look.js'
import { successRate24h } from '../status/success-rate.js'
import { countOf, countWords, percentWords, shortCountWords } from '../words/count-words.js'
import { agoWords } from '../words/duration-words.js'

/** The numbers of the whole board. */
export function Cards({ data }: { data: PipelineStatus }) {
  const { totals, events, queue } = data
  const rate = successRate24h(totals)
  return (
    <section class="cards" aria-label="In numbers">
      <Card
        title="Sources healthy"
        value={`${countWords(totals.healthy)}/${countWords(totals.sources)}`}
      >
        <StatusStrip data={data} />
      </Card>
      <Card
        title="Failing"
        value={countWords(totals.failing)}
        tone={totals.failing > 0 ? 'bad' : null}
      >
        {countWords(totals.late)} late, {countWords(totals.degraded)} degraded
      </Card>
      <Card title="Success rate, 24 h" value={rate === null ? '–' : percentWords(rate)}>
        {rate === null
          ? 'no run has ended'
          : `${countWords(totals.failed_24h)} of ${countOf(totals.runs_24h, 'run')} failed`}
      </Card>
      <Card
        title="Events"
        value={<span title={countWords(events.total)}>{shortCountWords(events.total)}</span>}
      >
        {shortCountWords(events.last_24h)} in 24 h, {shortCountWords(events.last_hour)} last hour
      </Card>
      <Card title="Queue" value={countWords(queue.queued)}>
        {countWords(queue.running)} running
      </Card>
      <Card title="Last run" value={<LastRun at={data.last_run} />}>
        {countOf(totals.pipelines, 'pipeline')}
      </Card>
    </section>
  )
}

interface CardProps {
  readonly title: string
  readonly value: ComponentChildren
  readonly tone?: 'bad' | null
  readonly children: ComponentChildren
}

function Card({ title, value, tone, children }: CardProps) {
  return (
    <div class="card">
      <h2>{title}</h2>
      <p class={`card-value${tone ? ` tone-${tone}` : ''}`}>{value}</p>
      <div class="card-note">{children}</div>
    </div>
  )
}

function LastRun({ at }: { at: string | undefined }) {
  if (at === undefined) return <>–</>
  return <Ticking text={(now) => agoWords(now - Date.parse(at))} />
}

/** How the sources divide among the statuses, as one strip; the words say the same. */
function StatusStrip({ data: { totals } }: { data: PipelineStatus }) {
  const parts = STATUSES_BY_URGENCY.filter((status) => count(totals, status) > 0)
  const words = parts.map((status) => `${count(totals, status)} ${status}`).join(', ')
  return (
    <div class="strip" role="img" aria-label={words === '' ? 'no sources' : words} title={words}>
      {parts.map((status) => (
        <span
          key={status}
          class={`fill-${STATUS_LOOKS[status].tone}`}
          style={{ flexGrow: count(totals, status) }}
        />
      ))}
    </div>
  )
}

function count(totals: PipelineStatus['totals'], status: HealthStatus): number {
  return totals[STATUS_LOOKS[status].total]
}
