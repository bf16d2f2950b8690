import { useState } from 'preact/hooks'
import { keep, readKept } from './kept.js'
import { nextTheme, readTheme, type Theme } from './theme.js'

const KEY = 'pipecast.theme'

/** Shows the theme that is remembered; to be called before anything is drawn. */
export function applyRememberedTheme(): void {
  document.documentElement.dataset['theme'] = readTheme(readKept('local', KEY))
}

/** The theme, and what turns it to the next. It is remembered in this browser. */
export function useTheme(): readonly [theme: Theme, turn: () => void] {
  const [theme, setTheme] = useState(() => readTheme(readKept('local', KEY)))
  const turn = () => {
    const next = nextTheme(theme)
    keep('local', KEY, next)
    applyRememberedTheme()
    setTheme(next)
  }
  return [theme, turn]
}
