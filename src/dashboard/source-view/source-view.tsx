import { useEffect, useRef } from 'preact/hooks'
import type { PipelineEntry, PipelineStatus, SourceStatus } from '../../protocol/index.js'
import { Ticking, usePage } from '../page/page-context.js'
import { useApi } from '../page/use-api.js'
import { DurationMeter } from '../sources/duration-meter.js'
import { HistoryBar } from '../sources/history-bar.js'
import { historySummary } from '../sources/history-shapes.js'
import { whenWords } from '../sources/row-times.js'
import { StatusWord } from '../status/status-icon.js'
import { countWords } from '../words/count-words.js'
import { whyWords } from '../words/reason-words.js'
import { Expectations } from './expectations.js'
import { type JobAnswer, jobPath, type RunAnswer } from './job-answers.js'
import { RunList } from './run-list.js'
import { Snippets } from './snippets-section.js'

const RUNS_SHOWN = 90

/** Everything about one source or one pipeline. */
export function SourceView({ id, data }: { id: string; data: PipelineStatus }) {
  const source = own(data.sources, id)
  const entry = source ?? own(data.pipelines, id)
  return (
    <main class="source-view">
      <nav aria-label="Back">
        <a href="#/">← All sources</a>
      </nav>
      {entry === undefined ? (
        <section class="notice">
          <h2>There is no source “{id}”</h2>
          <p>It may have been removed, or the address has a typing error.</p>
        </section>
      ) : (
        <Details id={id} entry={entry} source={source} />
      )}
    </main>
  )
}

/** An address may name what every object has by birth, such as `constructor`. */
function own<Entry>(entries: Readonly<Record<string, Entry>>, id: string): Entry | undefined {
  return Object.hasOwn(entries, id) ? entries[id] : undefined
}

interface DetailsProps {
  readonly id: string
  readonly entry: SourceStatus | PipelineEntry
  readonly source: SourceStatus | undefined
}

function Details({ id, entry, source }: DetailsProps) {
  const { baseUrl } = usePage()
  const title = useRef<HTMLHeadingElement>(null)
  useEffect(() => title.current?.focus({ preventScroll: true }), []) // so that it is read aloud
  const { namespace, name, status, running, last_run: lastRun } = entry
  const path = jobPath(namespace, name)
  // Asked anew when something has happened to its runs, not with every frame.
  const version = `${lastRun ?? ''} ${running} ${source?.history ?? ''} ${source?.state ?? ''}`
  const job = useApi<JobAnswer>({ path, version: status })
  const runs = useApi<{ runs: readonly RunAnswer[] }>({
    path: `${path}/runs?limit=${RUNS_SHOWN}`,
    version,
  })
  const why = whyWords(entry)
  return (
    <>
      <div class="source-head">
        <StatusWord status={status} />
        <h2 ref={title} tabIndex={-1}>
          {name}
        </h2>
        <p class="quiet">{namespace}</p>
        {why !== '' && <p class="source-why">{why}</p>}
      </div>
      {source !== undefined && <SourceFacts source={source} />}
      <div class="source-columns">
        <RunList answer={runs} />
        <div class="source-side">
          <Expectations answer={job} />
          <Snippets id={id} entry={entry} baseUrl={baseUrl} />
        </div>
      </div>
    </>
  )
}

function SourceFacts({ source }: { source: SourceStatus }) {
  const { history, success_rate: rate, quality } = source
  return (
    <section class="source-facts" aria-label="Now">
      <div class="history-large">
        <HistoryBar history={history} successRate={rate} />
        <p class="quiet">{historySummary(history, rate)}</p>
      </div>
      <dl class="facts">
        <dt>Now</dt>
        <dd>
          <Ticking text={(now) => whenWords(source, now)} />
        </dd>
        <dt>Duration</dt>
        <dd>
          <DurationMeter source={source} />
        </dd>
        <dt>Records</dt>
        <dd>{countWords(source.records)}</dd>
        {quality !== undefined && (
          <>
            <dt>Data checks</dt>
            <dd>
              {quality.failed} of {quality.checks} fail
              {quality.failing === undefined ? '' : `: ${quality.failing.join(', ')}`}
            </dd>
          </>
        )}
      </dl>
    </section>
  )
}
