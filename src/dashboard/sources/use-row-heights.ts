import { type RefObject } from 'preact'
import { useLayoutEffect, useState } from 'preact/hooks'

/** How high the two kinds of rows are, in CSS pixels. */
export interface RowHeights {
  readonly source: number
  readonly pipeline: number
}

/** What they are in most windows, so that most are drawn once. */
const UNTIL_MEASURED: RowHeights = { source: 3.4 * 16, pipeline: 2.9 * 16 }

/**
 * The heights that the style sheet gives the rows (`--source-row` and `--pipeline-row`, in rem): they
 * depend on the width of the window, on the kiosk mode and on the reader's font size.
 */
export function useRowHeights(list: RefObject<HTMLElement | null>): RowHeights {
  const [heights, setHeights] = useState(UNTIL_MEASURED)
  useLayoutEffect(() => {
    const look = () => {
      if (list.current === null) return
      const next = readHeights(list.current)
      setHeights((before) =>
        before.source === next.source && before.pipeline === next.pipeline ? before : next,
      )
    }
    look()
    // The kiosk mode changes the height of the page's root, the window's size its width.
    const observer = new ResizeObserver(look)
    observer.observe(document.documentElement)
    return () => observer.disconnect()
  }, [list])
  return heights
}

function readHeights(element: HTMLElement): RowHeights {
  const remPx = parseFloat(getComputedStyle(document.documentElement).fontSize)
  const style = getComputedStyle(element)
  const read = (name: string) => parseFloat(style.getPropertyValue(name)) * remPx
  return { source: read('--source-row'), pipeline: read('--pipeline-row') }
}
