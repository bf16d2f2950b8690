/** In which form a badge is asked for. */
export type BadgeFormat = 'svg' | 'json' | 'shields'

/** What a badge is asked for. */
export interface BadgeRequest {
  readonly feed: string
  /** The key of a source or a pipeline; `null` for the whole feed. */
  readonly key: string | null
  readonly format: BadgeFormat
}

/** The longest first: each ends as the next one does. */
const ENDINGS: readonly (readonly [string, BadgeFormat])[] = [
  ['.shields.json', 'shields'],
  ['.json', 'json'],
  ['.svg', 'svg'],
]

/**
 * Reads what stands behind `/badge/`. Keys hold slashes themselves, and those may come encoded or not.
 *
 * @param path - decoded once.
 * @returns `null` when it is not the path of a badge.
 */
export function parseBadgePath(path: string): BadgeRequest | null {
  const ending = ENDINGS.find(([suffix]) => path.endsWith(suffix))
  if (ending === undefined) return null
  const [suffix, format] = ending
  const subject = path.slice(0, -suffix.length)
  const slash = subject.indexOf('/')
  const feed = slash === -1 ? subject : subject.slice(0, slash)
  const key = slash === -1 ? null : subject.slice(slash + 1)
  return feed === '' || key === '' ? null : { feed, key, format }
}
