import { useMemo, useRef } from 'preact/hooks'
import type { PipelineStatus } from '../../protocol/index.js'
import { FilterBar } from './filter-bar.js'
import { nextRowIndex } from './next-row.js'
import { PipelineRow } from './pipeline-row.js'
import { type Filter, NO_FILTER, type Row, rowId, rowsOf } from './source-rows.js'
import { SourceRow } from './source-row.js'
import { useRowFocus } from './use-row-focus.js'
import { useRowHeights } from './use-row-heights.js'
import { useVirtualRows } from './use-virtual-rows.js'

/** What the list shows. */
export interface SourceListProps {
  readonly data: PipelineStatus
  readonly isKiosk: boolean
  readonly filter: Filter
  readonly onFilter: (filter: Filter) => void
  /** The key of the row that has the focus at first; `null` for none. */
  readonly visited: string | null
}

/** All sources, problems first. Only the rows in sight are drawn. */
export function SourceList({ data, isKiosk, filter, onFilter, visited }: SourceListProps) {
  const { sources, pipelines } = data
  const shown = isKiosk ? NO_FILTER : filter
  const rows = useMemo(() => rowsOf({ sources, pipelines }, shown), [sources, pipelines, shown])
  return (
    <section class="sources" aria-label="Sources">
      {!isKiosk && <FilterBar totals={data.totals} filter={filter} onFilter={onFilter} />}
      <Rows rows={rows} visited={visited} />
      {rows.length === 0 && (
        <p class="nothing">
          No source matches.{' '}
          <button type="button" class="link-button" onClick={() => onFilter(NO_FILTER)}>
            Show all
          </button>
        </p>
      )}
    </section>
  )
}

function Rows({ rows, visited }: { rows: readonly Row[]; visited: string | null }) {
  const list = useRef<HTMLDivElement>(null)
  const heights = useRowHeights(list)
  const focus = useRowFocus(rows, { list, visited })
  const virtual = useVirtualRows({
    count: rows.length,
    list,
    keyOf: (index) => rowIdAt(rows, index),
    heightOf: (index) => heights[rows[index]?.kind ?? 'source'],
    heightsVersion: `${heights.source} ${heights.pipeline}`,
    keptIndex: focus.index,
  })
  const moveFocus = (event: KeyboardEvent) => {
    const index = nextRowIndex(event.key, focus.index, rows)
    if (index === null) return
    event.preventDefault()
    focus.moveTo(index)
    virtual.scrollTo(index)
  }
  return (
    <div
      ref={list}
      class="rows"
      role="list"
      style={{ height: `${virtual.totalHeight}px` }}
      onKeyDown={moveFocus}
      onFocusIn={focus.onFocusIn}
      onFocusOut={focus.onFocusOut}
    >
      {virtual.items.map(({ index, start, size }) => {
        const row = rows[index]
        if (row === undefined) return null
        return (
          <div
            key={rowId(row)}
            role="listitem"
            class="row-place"
            aria-setsize={rows.length}
            aria-posinset={index + 1}
            data-row={rowId(row)}
            style={{
              transform: `translateY(${start - virtual.marginTop}px)`,
              height: `${size}px`,
            }}
          >
            {row.kind === 'pipeline' ? (
              <PipelineRow id={row.key} pipeline={row.pipeline} listed={row.listed} />
            ) : (
              <SourceRow id={row.key} name={row.name} source={row.source} />
            )}
          </div>
        )
      })}
    </div>
  )
}

function rowIdAt(rows: readonly Row[], index: number): string {
  const row = rows[index]
  return row === undefined ? String(index) : rowId(row)
}
