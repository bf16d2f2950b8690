import type { Answer } from '../page/answer.js'
import { AnswerNote } from '../page/answer-note.js'
import { isoDurationWords, scheduleWords } from '../words/schedule-words.js'
import type { JobAnswer } from './job-answers.js'
import { useCronWords } from './use-cron-words.js'

const DURATIONS = [
  ['grace', 'Grace'],
  ['max_runtime', 'Longest run'],
  ['heartbeat_timeout', 'Longest silence'],
  ['freshness', 'Freshness'],
] as const

/** What is expected of the job, in words. */
export function Expectations({ answer }: { answer: Answer<JobAnswer> }) {
  const job = answer.state === 'answered' ? answer.value : undefined
  const cronWords = useCronWords(job?.schedule?.cron !== undefined)
  return (
    <section class="panel">
      <h3>Expectations</h3>
      <AnswerNote answer={answer} />
      {job !== undefined && (
        <>
          {job.description !== undefined && <p>{job.description}</p>}
          <dl class="facts">
            {job.owners !== undefined && <Fact name="Owner" value={job.owners.join(', ')} />}
            <dt>Schedule</dt>
            <dd>{job.schedule === undefined ? 'none' : scheduleWords(job.schedule, cronWords)}</dd>
            {DURATIONS.map(([member, words]) => {
              const duration = job[member]
              return duration === undefined ? null : (
                <Fact key={member} name={words} value={isoDurationWords(duration)} />
              )
            })}
            {job.failure_tolerance !== undefined && job.failure_tolerance > 1 && (
              <Fact name="Tolerates" value={`${job.failure_tolerance - 1} failures in a row`} />
            )}
          </dl>
        </>
      )}
    </section>
  )
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}
