/** How the page looks; `auto` follows the system. */
export type Theme = 'auto' | 'light' | 'dark'

const NEXT: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' }

/** The theme that the button turns to. */
export function nextTheme(theme: Theme): Theme {
  return NEXT[theme]
}

/** A remembered theme; anything else is `auto`. */
export function readTheme(text: string | null): Theme {
  return text === 'light' || text === 'dark' ? text : 'auto'
}
