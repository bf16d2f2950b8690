/** What the page shows. */
export type Route = { readonly view: 'board' } | { readonly view: 'source'; readonly key: string }

const SOURCE = '#/sources/'

/** What an address shows; one that names nothing that is known shows the board. */
export function readRoute(hash: string): Route {
  if (!hash.startsWith(SOURCE)) return { view: 'board' }
  const key = decoded(hash.slice(SOURCE.length))
  return key === '' ? { view: 'board' } : { view: 'source', key }
}

/** The address of a source's own view. */
export function sourceHref(key: string): string {
  return `${SOURCE}${encodeURIComponent(key)}`
}

/** A hash that somebody typed may be no valid encoding; then it stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
