import { useEffect } from 'preact/hooks'
import { hasProblems } from '../status/problems.js'
import { usePage } from './page-context.js'
import { nextWallTop } from './wall-paging.js'

/** Long enough to read a screen, in seconds. */
const EVERY_S = 12

/** Turns the pages of a board that is longer than the screen it hangs on. */
export function useWallPaging(isKiosk: boolean): void {
  const { store, clock } = usePage()
  useEffect(() => {
    if (!isKiosk) return
    let seconds = 0
    return clock.onTick(() => {
      seconds += 1
      const data = store.state().update?.data
      if (seconds % EVERY_S !== 0 || data === undefined) return
      const { scrollHeight: pageHeight } = document.documentElement
      const scrolling = { top: scrollY, windowHeight: innerHeight, pageHeight }
      scrollTo({ top: nextWallTop(scrolling, hasProblems(data)) })
    })
  }, [isKiosk, store, clock])
}
