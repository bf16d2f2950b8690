import { type RefObject } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { type Row, rowId } from './source-rows.js'

/** Where the rows are, and which of them has the focus at first. */
export interface RowFocusOptions {
  readonly list: RefObject<HTMLElement | null>
  /** The key of the row whose own view was looked at last; `null` for none. */
  readonly visited: string | null
}

/** Which row has the focus, and what moves it. */
export interface RowFocus {
  /** -1 for none. */
  readonly index: number
  readonly moveTo: (index: number) => void
  readonly onFocusIn: (event: FocusEvent) => void
  readonly onFocusOut: () => void
}

/** Which row has the focus, by its id: it may move in the list, and goes on having it. */
export function useRowFocus(rows: readonly Row[], { list, visited }: RowFocusOptions): RowFocus {
  const [first] = useState(() => rows.find(({ key }) => key !== null && key === visited))
  const firstId = first === undefined ? null : rowId(first)
  const [focused, setFocused] = useState(firstId)
  const wanted = useRef(firstId)
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
      wanted.current = idAt(rows, next)
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

function idAt(rows: readonly Row[], index: number): string | null {
  const row = rows[index]
  return row === undefined ? null : rowId(row)
}
