import { useState } from 'preact/hooks'
import type { Answer } from '../page/answer.js'
import { AnswerNote } from '../page/answer-note.js'
import { Ticking } from '../page/page-context.js'
import { useApi } from '../page/use-api.js'
import { runStateWords } from '../sources/history-shapes.js'
import { countOf, countWords } from '../words/count-words.js'
import { agoWords, durationWords } from '../words/duration-words.js'
import type { RunAnswer } from './job-answers.js'

/** How often a run that is under way and open is asked how far it is, in milliseconds. */
const FOLLOW_EVERY_MS = 5_000

/** The newest runs; each opens to its error and the end of its log. */
export function RunList({ answer }: { answer: Answer<{ readonly runs: readonly RunAnswer[] }> }) {
  return (
    <section class="panel">
      <h3>Runs</h3>
      <AnswerNote answer={answer} />
      {answer.state === 'answered' && answer.value.runs.length === 0 && (
        <p class="quiet">No run has been reported.</p>
      )}
      {answer.state === 'answered' && (
        <ol class="runs">
          {answer.value.runs.map((run, index) => (
            <RunItem key={run.run_id} run={run} isOpenAtFirst={index === 0 && hasFailed(run)} />
          ))}
        </ol>
      )}
    </section>
  )
}

function RunItem({ run, isOpenAtFirst }: { run: RunAnswer; isOpenAtFirst: boolean }) {
  const [isOpen, setIsOpen] = useState(isOpenAtFirst)
  const startedAt = Date.parse(run.started_at)
  return (
    <li>
      <details open={isOpen} onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
        <summary>
          <span class={`run-state run-state-${run.state.toLowerCase()}`}>
            {runStateWords(run.state)}
          </span>
          <span class="run-duration">
            {run.duration_ms === undefined ? '–' : durationWords(run.duration_ms)}
          </span>
          <span class="run-error">{run.error ?? rowsWords(run)}</span>
          <Ticking class="run-ago" text={(now) => agoWords(now - startedAt)} />
        </summary>
        {isOpen && <RunDetails run={run} />}
      </details>
    </li>
  )
}

function RunDetails({ run }: { run: RunAnswer }) {
  const answer = useApi<RunAnswer>({
    path: `api/v1/runs/${encodeURIComponent(run.run_id)}`,
    version: run.state,
    everyMs: isUnderWay(run) ? FOLLOW_EVERY_MS : Infinity,
  })
  const full = answer.state === 'answered' ? answer.value : run
  return (
    <div class="run-details">
      <p class="quiet">
        {new Date(run.started_at).toLocaleString()}
        {full.exit_code === undefined ? '' : `, exit code ${full.exit_code}`}
        {full.progress === undefined ? '' : `, ${progressWords(full.progress)}`}
      </p>
      {full.error !== undefined && <p class="tone-bad">{full.error}</p>}
      {full.log_tail !== undefined && (
        <pre class="log" tabIndex={0} aria-label="End of the log">
          {full.log_tail}
        </pre>
      )}
      {answer.state !== 'waiting' && <AnswerNote answer={answer} />}
      {answer.state === 'answered' && full.log_tail === undefined && (
        <p class="quiet">It sent no log.</p>
      )}
    </div>
  )
}

function progressWords({ done, total }: NonNullable<RunAnswer['progress']>): string {
  return total === undefined
    ? `${countWords(done)} done`
    : `${countWords(done)} of ${countWords(total)}`
}

function rowsWords({ rows_written: rows }: RunAnswer): string {
  return rows === undefined ? '' : countOf(rows, 'row')
}

function isUnderWay({ state }: RunAnswer): boolean {
  return state === 'NEW' || state === 'RUNNING'
}

function hasFailed({ state }: RunAnswer): boolean {
  return state === 'FAILED' || state === 'TIMED_OUT'
}
