import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { readRoute, type Route } from './route.js'

/** What the address asks for; each view starts at its top, and the board where it was left. */
export function useRoute(): Route {
  const [route, setRoute] = useState(() => readRoute(location.hash))
  const boardTop = useRef(0)
  useEffect(() => {
    history.scrollRestoration = 'manual'
    const follow = () => {
      setRoute((before) => {
        if (before.view === 'board') boardTop.current = scrollY
        return readRoute(location.hash)
      })
    }
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  useLayoutEffect(() => scrollTo(0, route.view === 'board' ? boardTop.current : 0), [route])
  return route
}
