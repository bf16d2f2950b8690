import type { Json, JsonObject } from '../protocol/index.js'
import { shareStructure } from './share-structure.js'

/** What a subscription wants to see of a document. */
export interface Selection {
  readonly sources?: readonly string[] | undefined
  readonly view?: 'full' | 'totals' | undefined
}

/**
 * Makes the function that leaves out the sources nobody asked for. What it returns is the same
 * object for as long as nothing in it has changed.
 */
export function createPicker({ sources, view }: Selection): (document: Json) => Json {
  const keys = sources ?? (view === 'totals' ? [] : undefined)
  let picked: Json = null
  return (document) => {
    const all = (document as JsonObject | null)?.['sources'] as JsonObject | undefined
    if (keys === undefined || all === undefined) return document
    const some = Object.entries(all).filter(([key]) => keys.includes(key))
    const next = { ...(document as JsonObject), sources: Object.fromEntries(some) }
    return (picked = shareStructure(picked, next))
  }
}
