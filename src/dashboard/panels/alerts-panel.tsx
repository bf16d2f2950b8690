import { useState } from 'preact/hooks'
import type { Alert } from '../../protocol/index.js'
import { Ticking } from '../page/page-context.js'
import { sourceHref } from '../page/route.js'
import { agoWords } from '../words/duration-words.js'
import { Panel } from './panel.js'

/** So many that fail, and so many that have recovered, are shown before somebody asks for more. */
const FAILING_AT_FIRST = 4
const RECOVERED_AT_FIRST = 2
/** So many are shown at all. */
const SHOWN_AT_MOST = 100

/** What a person should look at: what fails, newest first, then what has recovered lately. */
export function AlertsPanel({ alerts }: { alerts: readonly Alert[] }) {
  const [isOpen, setIsOpen] = useState(false)
  if (alerts.length === 0) return null
  const sorted = [...alerts].sort(byUrgency)
  const shown = isOpen ? sorted.slice(0, SHOWN_AT_MOST) : firstOf(sorted)
  const hidden = alerts.length - shown.length
  return (
    <Panel title="Alerts">
      <ul class="alerts">
        {shown.map((alert) => (
          <AlertItem key={alert.id} alert={alert} />
        ))}
      </ul>
      {hidden > 0 && !isOpen && (
        <button type="button" class="link-button" onClick={() => setIsOpen(true)}>
          {hidden} more
        </button>
      )}
      {hidden > 0 && isOpen && <p class="quiet">and {hidden} more</p>}
    </Panel>
  )
}

function AlertItem({ alert }: { alert: Alert }) {
  const sinceAt = alert.since === undefined ? null : Date.parse(alert.since)
  return (
    <li class={`alert alert-${alert.severity}`}>
      <a href={sourceHref(alert.source)}>{alert.title}</a>
      {sinceAt !== null && <Ticking class="alert-since" text={(now) => agoWords(now - sinceAt)} />}
      <p>{alert.message}</p>
    </li>
  )
}

function firstOf(sorted: readonly Alert[]): readonly Alert[] {
  const failing = sorted.filter(({ severity }) => severity === 'high')
  const recovered = sorted.filter(({ severity }) => severity !== 'high')
  return [...failing.slice(0, FAILING_AT_FIRST), ...recovered.slice(0, RECOVERED_AT_FIRST)]
}

function byUrgency(one: Alert, other: Alert): number {
  if (one.severity !== other.severity) return one.severity === 'high' ? -1 : 1
  return (other.since ?? '') < (one.since ?? '') ? -1 : 1
}
