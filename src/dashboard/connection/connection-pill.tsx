import { useEachSecond, usePage } from '../page/page-context.js'
import { agoWords } from '../words/duration-words.js'
import type { Pill } from './pill.js'

/** What the page says of its connection, and what can be done about it. */
export function ConnectionPill() {
  const { store } = usePage()
  const pill = useEachSecond(store.pill, isSamePill)
  return (
    <div class={`pill tone-${pill.tone}`} data-kind={pill.kind}>
      <span class="pill-dot" aria-hidden="true" />
      <span class="pill-text">
        <span class="pill-label">{pill.label}</span>
        {pill.detail !== null && <span class="pill-detail">{pill.detail}</span>}
      </span>
      {pill.action === 'retry' && (
        <button type="button" class="link-button" onClick={store.retry}>
          Retry now
        </button>
      )}
    </div>
  )
}

/** `Updated 3 s ago`, by this machine's own clock, which never stands still. */
export function UpdatedAgo() {
  const { store } = usePage()
  const words = useEachSecond(
    () => {
      const age = store.dataAge()
      return age === null ? 'No data yet' : `Updated ${agoWords(age.ageMs)}`
    },
    (one, other) => one === other,
  )
  return <span class="updated">{words}</span>
}

function isSamePill(one: Pill, other: Pill): boolean {
  return one.kind === other.kind && one.label === other.label && one.detail === other.detail
}
