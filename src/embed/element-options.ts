import { PIPELINE_STATUS_FEED, splitSources } from '../protocol/index.js'

/** The attributes of `<pipeline-status>` that say what to watch. */
export const WATCH_ATTRIBUTES = ['src', 'feed', 'sources', 'token'] as const

/** What an element watches. */
export interface WatchOptions {
  /** The server, with its subpath. */
  readonly url: string
  readonly feed: string
  /** The keys to show; empty: all. */
  readonly sources: readonly string[]
  /** `null` where watching needs none. */
  readonly token: string | null
}

/** More keys than anybody can read would make a request that no server takes. */
const MAX_SOURCES = 50

/**
 * Reads the attributes.
 *
 * @param scriptUrl - where this script came from: the server, unless `src` names another one.
 */
export function watchOptions(
  attribute: (name: (typeof WATCH_ATTRIBUTES)[number]) => string | null,
  scriptUrl: string,
): WatchOptions {
  const keys = splitSources(attribute('sources') ?? '').map((key) => key.trim())
  return {
    url: attribute('src')?.trim() || new URL('.', scriptUrl).href,
    feed: attribute('feed')?.trim() || PIPELINE_STATUS_FEED,
    sources: [...new Set(keys.filter((key) => key !== ''))].slice(0, MAX_SOURCES),
    token: attribute('token')?.trim() || null,
  }
}
