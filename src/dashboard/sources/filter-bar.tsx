import { useEffect, useRef } from 'preact/hooks'
import type { HealthStatus, StatusTotals } from '../../protocol/index.js'
import { StatusIcon } from '../status/status-icon.js'
import { STATUS_LOOKS, STATUSES_BY_URGENCY } from '../status/status-look.js'
import { countWords } from '../words/count-words.js'
import { STATUS_MEANINGS } from '../words/reason-words.js'
import type { Filter } from './source-rows.js'

/** What the bar shows, and whom it tells. */
export interface FilterBarProps {
  readonly totals: StatusTotals
  readonly filter: Filter
  readonly onFilter: (filter: Filter) => void
}

/** What of the board is listed: by status, and by words of the name. */
export function FilterBar({ totals, filter, onFilter }: FilterBarProps) {
  const search = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const focusOnSlash = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLInputElement
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return
      event.preventDefault()
      search.current?.focus()
    }
    addEventListener('keydown', focusOnSlash)
    return () => removeEventListener('keydown', focusOnSlash)
  }, [])
  const toggle = (status: HealthStatus) => {
    const isOn = filter.statuses.includes(status)
    const others = filter.statuses.filter((other) => other !== status)
    onFilter({ ...filter, statuses: isOn ? others : [...others, status] })
  }
  return (
    <div class="filter-bar">
      <input
        ref={search}
        type="search"
        class="search"
        placeholder="Search sources  /"
        aria-label="Search sources"
        value={filter.search}
        onInput={({ currentTarget }) => onFilter({ ...filter, search: currentTarget.value })}
      />
      <div class="chips" role="group" aria-label="Show only">
        {STATUSES_BY_URGENCY.map((status) => {
          const count = totals[STATUS_LOOKS[status].total]
          const isOn = filter.statuses.includes(status)
          if (count === 0 && !isOn) return null
          return (
            <button
              key={status}
              type="button"
              class="chip"
              aria-pressed={isOn}
              title={STATUS_MEANINGS[status]}
              onClick={() => toggle(status)}
            >
              <StatusIcon status={status} />
              {status} <span class="chip-count">{countWords(count)}</span>
            </button>
          )
        })}
      </div>
    </div>
  )
}
