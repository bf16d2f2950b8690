import { Type } from '@fastify/type-provider-typebox'
import {
  MAX_VIEW_LENGTH,
  MAX_VIEW_SOURCES,
  splitSources,
  type View,
  viewOf,
} from '../../protocol/index.js'
import { HttpError } from './error-handler.js'

/** What {@link requestedView} reads, for the API pages; it is no validation. */
export const VIEW_QUERY = Type.Object({
  sources: Type.Optional(
    Type.String({
      description: `Only these sources: keys, at most ${MAX_VIEW_SOURCES}, separated by commas; a comma within a key is written %2C before the query is encoded`,
      examples: ['acled,ucdp'],
    }),
  ),
  view: Type.Optional(
    Type.Enum(['full', 'totals'], {
      description: '`totals` leaves out sources, pipelines and alerts',
    }),
  ),
})

/** For routes whose query is read by {@link requestedView}, which says in its words what is wrong. */
export const anyQuery = () => () => true

/**
 * The view that a query asks for.
 *
 * @param query - as Fastify parsed it: a parameter that comes more than once is a list.
 * @throws HttpError 400 `bad_view` for one that cannot be understood.
 */
export function requestedView(query: unknown): View {
  const { sources, view = 'full' } = query as { sources?: unknown; view?: unknown }
  if (view !== 'full' && view !== 'totals') throw badView('view is full or totals')
  if (sources === undefined) return view === 'totals' ? { view } : {}
  if (view === 'totals') throw badView('ask for sources or for view=totals, not for both')
  return viewOf(readSources([sources].flat()))
}

function readSources(lists: readonly unknown[]): readonly string[] {
  const list = lists.join(',')
  if (list.length > MAX_VIEW_LENGTH) {
    throw badView(`sources is longer than ${MAX_VIEW_LENGTH} characters`)
  }
  const keys = splitSources(list)
  if (keys.includes('')) throw badView('sources has an empty key: give keys separated by commas')
  if (keys.length > MAX_VIEW_SOURCES)
    throw badView(`sources has more than ${MAX_VIEW_SOURCES} keys`)
  return keys
}

function badView(message: string): HttpError {
  return new HttpError(400, 'bad_view', message)
}
