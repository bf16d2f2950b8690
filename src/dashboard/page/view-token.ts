import { keep, readKept } from './kept.js'

const KEY = 'pipecast.token'

/** The view token that was typed in this tab; empty when there is none. */
export function rememberedToken(): string {
  return readKept('session', KEY) ?? ''
}

/** Keeps the token of an address like `/?token=…`, and takes it out of what others may see. */
export function takeTokenFromAddress(): void {
  const url = new URL(location.href)
  const token = url.searchParams.get('token')
  if (token === null) return
  rememberToken(token)
  url.searchParams.delete('token')
  history.replaceState(null, '', url)
}

/** Keeps a view token until the tab is closed. */
export function rememberToken(token: string): void {
  keep('session', KEY, token)
}
