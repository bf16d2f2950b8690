import {
  defaultRangeExtractor,
  observeWindowOffset,
  observeWindowRect,
  type VirtualItem,
  Virtualizer,
  type VirtualizerOptions,
  windowScroll,
} from '@tanstack/virtual-core'
import { type RefObject } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

/** The list as it is to be windowed. */
export interface VirtualRowsOptions {
  readonly count: number
  /** The element that holds the rows. */
  readonly list: RefObject<HTMLElement | null>
  readonly keyOf: (index: number) => string
  /** The height of a row, in CSS pixels. */
  readonly heightOf: (index: number) => number
  /** Changes whenever `heightOf` would answer otherwise for the same row. */
  readonly heightsVersion: string
  /** A row that stays whether or not it is in sight, because it has the focus; -1 for none. */
  readonly keptIndex: number
}

/** What of the list is drawn. */
export interface VirtualRows {
  readonly items: readonly VirtualItem[]
  readonly totalHeight: number
  /** Where the list begins on the page; the rows' starts count from the page's top. */
  readonly marginTop: number
  readonly scrollTo: (index: number) => void
}

/** Rows beyond the edges of the window, so that Tab and a quick scroll find them drawn. */
const OVERSCAN = 8

/** Windows the rows of a list that scrolls with the page. */
export function useVirtualRows(options: VirtualRowsOptions): VirtualRows {
  const [, setDrawn] = useState(0)
  const rerender = () => setDrawn((drawn) => drawn + 1)
  const marginTop = useRef(0)
  // Known from the start, so that rows are there the first time that anything is drawn.
  const [initialRect] = useState(() => ({ width: innerWidth, height: innerHeight }))
  const settings: VirtualizerOptions<Window, HTMLElement> = {
    count: options.count,
    getScrollElement: () => window,
    getItemKey: options.keyOf,
    estimateSize: options.heightOf,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    scrollToFn: windowScroll,
    initialRect,
    overscan: OVERSCAN,
    scrollMargin: marginTop.current,
    rangeExtractor: (range) =>
      withKept(defaultRangeExtractor(range), options.keptIndex, options.count),
    onChange: rerender,
  }
  const [rows] = useState(() => new Virtualizer(settings))
  rows.setOptions(settings)
  useLayoutEffect(() => rows._didMount(), [rows])
  useLayoutEffect(() => rows._willUpdate())
  useLayoutEffect(() => rows.measure(), [rows, options.heightsVersion])
  const findTop = () => {
    const top = Math.round((options.list.current?.getBoundingClientRect().top ?? 0) + scrollY)
    if (top === marginTop.current) return
    marginTop.current = top
    rerender()
  }
  useLayoutEffect(findTop)
  useLayoutEffect(() => {
    // What stands above the list may grow without a word to it.
    const observer = new ResizeObserver(findTop)
    observer.observe(document.body)
    return () => observer.disconnect()
  }, [])
  return {
    items: rows.getVirtualItems(),
    totalHeight: rows.getTotalSize(),
    marginTop: marginTop.current,
    scrollTo: (index) => rows.scrollToIndex(index, { align: 'auto' }),
  }
}

function withKept(indexes: number[], kept: number, count: number): number[] {
  if (kept < 0 || kept >= count || indexes.includes(kept)) return indexes
  return [...indexes, kept].sort((one, other) => one - other)
}
