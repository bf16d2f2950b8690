import { type ComponentChildren, createContext } from 'preact'
import { useContext, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { BoardState, BoardStore } from '../board/board-store.js'
import type { Clock } from './clock.js'

/** What every part of the page may use. */
export interface Page {
  readonly store: BoardStore
  readonly clock: Clock
  /** Where the server is: where the page lies, with a slash at the end. */
  readonly baseUrl: string
  /** Asks the server's HTTP API, with the token that is remembered. */
  readonly fetchApi: (path: string, signal: AbortSignal) => Promise<Response>
}

const PageContext = createContext<Page | null>(null)

/** Gives the page to everything within. */
export function PageProvider({ page, children }: { page: Page; children: ComponentChildren }) {
  return <PageContext.Provider value={page}>{children}</PageContext.Provider>
}

/**
 * The page that this part stands on.
 *
 * @throws Error outside of a {@link PageProvider}.
 */
export function usePage(): Page {
  const page = useContext(PageContext)
  if (page === null) throw new Error('a part of the page was rendered outside of PageProvider')
  return page
}

/** The newest data and state; renders anew when they change. */
export function useBoard(): BoardState {
  const { store } = usePage()
  const [state, setState] = useState(store.state)
  useEffect(() => {
    const take = () => setState(store.state())
    take() // what came between the first render and now
    return store.onChange(take)
  }, [store])
  return state
}

/** Something that changes with time; renders anew when it does, looked at every second. */
export function useEachSecond<Value>(
  read: () => Value,
  isSame: (one: Value, other: Value) => boolean,
): Value {
  const { clock, store } = usePage()
  const [value, setValue] = useState(read)
  const newest = useRef({ read, isSame })
  newest.current = { read, isSame }
  useEffect(() => {
    const look = () =>
      setValue((before) => {
        const now = newest.current.read()
        return newest.current.isSame(before, now) ? before : now
      })
    look()
    const ends = [clock.onTick(look), store.onChange(look)]
    return () => ends.forEach((end) => end())
  }, [clock, store])
  return value
}

/**
 * Calls with the board's time after each rendering and every second, to change an element itself: a
 * second costs no rendering.
 *
 * @param show - is given the server's time, ms since 1970.
 */
export function useTicking(show: (now: number) => void): void {
  const { clock } = usePage()
  const newest = useRef(show)
  newest.current = show
  useLayoutEffect(() => show(clock.boardNow()))
  useEffect(() => clock.onTick(() => newest.current(clock.boardNow())), [clock])
}

/**
 * Text that follows the board's clock.
 *
 * @param text - of the server's time, ms since 1970.
 */
export function Ticking({ text, class: name }: { text: (now: number) => string; class?: string }) {
  const element = useRef<HTMLSpanElement>(null)
  useTicking((now) => {
    const words = text(now)
    if (element.current !== null && element.current.textContent !== words) {
      element.current.textContent = words
    }
  })
  return <span ref={element} class={name} />
}
