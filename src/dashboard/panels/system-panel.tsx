import { useState } from 'preact/hooks'
import type { Answer } from '../page/answer.js'
import { AnswerNote } from '../page/answer-note.js'
import { useEachSecond, usePage } from '../page/page-context.js'
import { useApi } from '../page/use-api.js'
import { byteWords, countWords } from '../words/count-words.js'
import { durationWords } from '../words/duration-words.js'

interface HealthAnswer {
  readonly status: string
  readonly version: string
  readonly connections: {
    readonly active: number
    readonly max: number
    readonly accepting: boolean
  }
  readonly database: { readonly status: string; readonly wakeup: string }
  readonly epoch?: string
  readonly seq?: number
}

const EVERY_MS = 5_000

/** How the server itself is doing. It is asked only while the panel is open. */
export function SystemPanel() {
  const [isOpen, setIsOpen] = useState(false)
  const path = isOpen ? 'api/v1/public/health' : null
  const answer = useApi<HealthAnswer>({ path, everyMs: EVERY_MS })
  return (
    <details class="panel system" onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>
        <h2>System</h2>
      </summary>
      {isOpen && <AnswerNote answer={answer} />}
      {isOpen && answer.state === 'answered' && <SystemFacts {...answer} />}
    </details>
  )
}

function SystemFacts({ value, bytes }: Extract<Answer<HealthAnswer>, { state: 'answered' }>) {
  const { connections, database, version, seq } = value
  return (
    <dl class="facts">
      <dt>Connections</dt>
      <dd>
        {connections.active} of {connections.max}
        {connections.accepting ? '' : ' (full)'}
      </dd>
      <dt>Frame size</dt>
      <dd>{byteWords(bytes)}</dd>
      <dt>Snapshot</dt>
      <dd>
        <SnapshotAge />
        {seq === undefined ? '' : `, no. ${countWords(seq)}`}
      </dd>
      <dt>Database</dt>
      <dd>{database.status}</dd>
      <dt>Wake-up</dt>
      <dd>
        {database.wakeup === 'push'
          ? 'push: commits are seen at once'
          : 'degraded: at the next tick'}
      </dd>
      <dt>Version</dt>
      <dd>{version}</dd>
    </dl>
  )
}

/** Since the server last read its database, as far as this page has heard. */
function SnapshotAge() {
  const { store, clock } = usePage()
  const words = useEachSecond(
    () => {
      const update = store.state().update
      if (update === undefined) return 'none'
      return `${durationWords(Math.floor((clock.now() - update.generatedAt) / 1_000) * 1_000)} old`
    },
    (one, other) => one === other,
  )
  return <>{words}</>
}
