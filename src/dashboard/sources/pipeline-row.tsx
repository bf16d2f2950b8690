import { jobWords, type PipelineEntry } from '../../protocol/index.js'
import { memo } from '../page/memo.js'
import { Ticking } from '../page/page-context.js'
import { sourceHref } from '../page/route.js'
import { StatusIcon } from '../status/status-icon.js'
import { countOf } from '../words/count-words.js'
import { clockWords } from '../words/duration-words.js'
import { whyWords } from '../words/reason-words.js'

/** What the head of a group shows. */
export interface PipelineRowProps {
  /** `null` heads the sources that are pipelines of their own. */
  readonly id: string | null
  readonly pipeline: PipelineEntry | undefined
  readonly listed: number
}

/** The head of a pipeline's sources. */
export const PipelineRow = memo(function PipelineRow({ id, pipeline, listed }: PipelineRowProps) {
  if (id === null || pipeline === undefined) {
    return (
      <div class="row pipeline-row">
        <h3>{id ?? 'On their own'}</h3>
        <span class="row-note">{countOf(listed, 'source')}</span>
      </div>
    )
  }
  const why = whyWords(pipeline)
  const dueAt = pipeline.next_expected === undefined ? null : Date.parse(pipeline.next_expected)
  const isAwaited = dueAt !== null && pipeline.running === 0 && pipeline.status !== 'Paused'
  return (
    <div class="row pipeline-row">
      <h3>
        <StatusIcon status={pipeline.status} />
        <a href={sourceHref(id)} data-row-link>
          {jobWords(pipeline)}
        </a>
        <span class="visually-hidden">{pipeline.status}</span>
      </h3>
      <span class="row-note">
        {pipeline.healthy} of {pipeline.sources} healthy{why === '' ? '' : ` · ${why}`}
      </span>
      {isAwaited && (
        <span class="row-note row-next">
          <Ticking
            text={(now) => (dueAt > now ? `due in ${clockWords(dueAt - now)}` : 'due now')}
          />
        </span>
      )}
    </div>
  )
})
