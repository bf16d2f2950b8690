import { useEffect, useRef, useState } from 'preact/hooks'
import { usePage } from '../page/page-context.js'
import { announcement, type Known } from './announcement.js'

/** Who listens must be able to follow: nothing is said sooner after the last. */
const BETWEEN_WORDS_MS = 4_000

/** The one place of the page that is read aloud. It stays when everything else changes. */
export function LiveRegion() {
  const { store, clock } = usePage()
  const [words, setWords] = useState('')
  const said = useRef<{ known: Known; at: number } | null>(null)
  useEffect(
    () =>
      clock.onTick(() => {
        const status = store.state().update?.data
        const known: Known = { pill: store.pill(), ...(status === undefined ? {} : { status }) }
        const before = said.current
        if (before === null) {
          said.current = { known, at: clock.now() }
          return
        }
        if (clock.now() - before.at < BETWEEN_WORDS_MS) return
        const next = announcement(before.known, known)
        said.current = { known, at: next === null ? before.at : clock.now() }
        if (next !== null) setWords(next)
      }),
    [store, clock],
  )
  return (
    <div class="visually-hidden" role="status" aria-live="polite">
      {words}
    </div>
  )
}
