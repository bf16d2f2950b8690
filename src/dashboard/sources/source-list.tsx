import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { PipelineStatus } from '../../protocol/index.js'
import { FilterBar } from './filter-bar.js'
import { nextRowIndex } from './next-row.js'
import { PipelineRow } from './pipeline-row.js'
import { NO_FILTER, type Row, rowId, rowsOf } from './source-rows.js'
import { SourceRow } from './source-row.js'
import { useRowHeights } from './use-row-heights.js'
import { useVirtualRows } from './use-virtual-rows.js'

/** What the list shows. */
export interface SourceListProps {
  readonly data: PipelineStatus
  readonly isKiosk: boolean
}

/** All sources, problems first. Only the rows in sight are drawn. */
export function SourceList({ data, isKiosk }: SourceListProps) {
  const [filter, setFilter] = useState(NO_FILTER)
  const { sources, pipelines } = data
  const shown = isKiosk ? NO_FILTER : filter
  const rows = useMemo(() => rowsOf({ sources, pipelines }, shown), [sources, pipelines, shown])
  return (
    <section class="sources" aria-label="Sources">
      {!isKiosk && <FilterBar totals={data.totals} filter={filter} onFilter={setFilter} />}
      <Rows rows={rows} />
      {rows.length === 0 && (
        <p class="nothing">
          No source matches.{' '}
          <button type="button" class="link-button" onClick={() => setFilter(NO_FILTER)}>
            Show all
          </button>
        </p>
      )}
    </section>
  )
}

function Rows({ rows }: { rows: readonly Row[] }) {
  const list = useRef<HTMLDivElement>(null)
  const heights = useRowHeights(list)
  const focus = useRowFocus(rows, list)
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
              <SourceRow id={row.key} source={row.source} />
            )}
          </div>
        )
      })}
    </div>
  )
}

/** Which row has the focus, by its id: it may move in the list, and goes on having it. */
function useRowFocus(rows: readonly Row[], list: { readonly current: HTMLElement | null }) {
  const [focused, setFocused] = useState<string | null>(null)
  const wanted = useRef<string | null>(null)
  useLayoutEffect(() => {
    if (wanted.current === null || list.current === null) return
    const link = list.current.querySelector<HTMLElement>(
      `[data-row="${CSS.escape(wanted.current)}"] [data-row-link]`,
    )
    if (link === null) return // it is drawn in one of the next frames
    wanted.current = null
    link.focus({ preventScroll: true })
  })
  useEffect(() => {
    const giveUp = () => {
      wanted.current = null
    }
    addEventListener('pointerdown', giveUp)
    return () => removeEventListener('pointerdown', giveUp)
  }, [])
  const index = useMemo(
    () => (focused === null ? -1 : rows.findIndex((row) => rowId(row) === focused)),
    [rows, focused],
  )
  return {
    index,
    moveTo: (next: number) => {
      wanted.current = rowIdAt(rows, next)
      setFocused(wanted.current)
    },
    onFocusIn: ({ target }: FocusEvent) => {
      const row = target instanceof Element ? target.closest<HTMLElement>('[data-row]') : null
      setFocused(row?.dataset['row'] ?? null)
    },
    onFocusOut: () => {
      if (wanted.current === null) setFocused(null)
    },
  }
}

function rowIdAt(rows: readonly Row[], index: number): string {
  const row = rows[index]
  return row === undefined ? String(index) : rowId(row)
}
