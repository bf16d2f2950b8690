const KEY = 'pipecast.token'

/** The view token that was typed in this tab; empty when there is none. */
export function rememberedToken(): string {
  return sessionStorage.getItem(KEY) ?? ''
}

/** Keeps a view token until the tab is closed. */
export function rememberToken(token: string): void {
  sessionStorage.setItem(KEY, token)
}
