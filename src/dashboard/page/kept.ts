/** Where a browser keeps words; `local` for all its tabs, `session` for this one. */
type Place = 'local' | 'session'

/** What could not be kept in its place: it is known for as long as the page is open. */
const known = new Map<string, string>()

/** The words that are kept under a key; `null` when there are none. */
export function readKept(place: Place, key: string): string | null {
  try {
    return known.get(key) ?? storageOf(place).getItem(key)
  } catch {
    return null // the browser lets no page keep anything
  }
}

/** Keeps words under a key, where the browser lets the page. */
export function keep(place: Place, key: string, words: string): void {
  try {
    storageOf(place).setItem(key, words)
    known.delete(key)
  } catch {
    known.set(key, words)
  }
}

/** @throws DOMException where cookies and the like are blocked: to name the storage is enough. */
function storageOf(place: Place): Storage {
  return place === 'local' ? localStorage : sessionStorage
}
