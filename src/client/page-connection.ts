import type { Json } from '../protocol/index.js'
import { openConnection } from './connection.js'
import { initialMachine, publicState } from './connection-state.js'
import { type Eagerness, wishMs } from './eagerness.js'
import { type DataFrame, hashOf, nextUpdate } from './feed-reader.js'
import type { Endpoint, Link, Page, Shown, Tell } from './page.js'
import { shareStructure } from './share-structure.js'
import type { ConnectionState, Update } from './subscription.js'
import { joinTabs } from './tab-leader.js'
import type { AskToken, TokenOption } from './token-source.js'

/** Who shares a connection. */
export interface Subscriber extends Eagerness {
  /** A function where those of all others are functions, too. */
  readonly token?: TokenOption
  /** Is told what the page shows anew. */
  readonly tell: (name: keyof Shown) => void
}

/** One connection of this page, however many share it. */
export interface PageConnection {
  readonly page: Page
  readonly link: Link
  /** Joins it; the last one to leave ends it, a little later. @returns how to leave. */
  readonly join: (subscriber: Subscriber) => () => void
}

/** Whose connection it is: equal demands share one. */
export interface Demand extends Endpoint {
  /** Whether it may be another tab's. */
  readonly share: boolean
}

/** Long enough for a component that is mounted anew; 0 where nothing is ever mounted. */
const LINGER_MS = 3_000

const connections = new Map<string, PageConnection>()

/** The connection of this page for a demand: the one that is there, or a new one. */
export function pageConnection(demand: Demand): PageConnection {
  // Functions are all one: a page that makes a new one at each render still means the same viewer.
  const key = JSON.stringify(demand, (_name, value: unknown) =>
    typeof value === 'function' ? 1 : value,
  )
  let connection = connections.get(key)
  if (!connection) connections.set(key, (connection = createPageConnection(demand, key)))
  return connection
}

function createPageConnection(demand: Demand, key: string): PageConnection {
  const subscribers = new Set<Subscriber>()
  const watching = new AbortController()
  const { document, navigator } = globalThis as Partial<typeof globalThis>
  let lingering: ReturnType<typeof setTimeout> | undefined
  let joined: (() => void) | undefined

  /** Asks the newest of those who are there; where nobody is, whoever comes next. */
  const askToken = async (): Promise<string> => {
    const newest = [...subscribers].at(-1)
    if (newest) return (newest.token as AskToken)()
    await new Promise<void>((resolve) => (joined = resolve))
    return askToken()
  }
  const page: Page = {
    ...demand,
    token: typeof demand.token === 'function' ? askToken : demand.token,
    update: undefined,
    state: { ...publicState(initialMachine(0), false, 0), retryAt: null },
    wishMs: (failures) => wishMs([...subscribers], failures),
  }
  const show = (name: keyof Shown, news: Shown[typeof name]) => {
    Object.assign(page, { [name]: news })
    for (const each of subscribers) each.tell(name)
  }
  const takers = {
    frame: (frame: DataFrame) => {
      const next = nextUpdate(page.update, frame, Date.now())
      if (next && next !== page.update) takers.update(next)
      return !next
    },
    update: (update: Update<Json>) =>
      show('update', { ...update, data: shareStructure(page.update?.data, update.data) }),
    state: (state: ConnectionState) => show('state', state),
  }
  const tell: Tell = (kind, news) => takers[kind](news as never) === true
  const end = () => {
    connections.delete(key)
    watching.abort()
    link('close')
  }
  // Locks are there in secure contexts only; where nothing is ever shown, there are no tabs.
  const canShare = demand.share && document && (navigator as Partial<Navigator>).locks
  // Hashed, because a name can be read by every script of the origin, and a token must not.
  const link = canShare
    ? joinTabs(page, tell, `pipecast ${hashOf(key)}`)
    : openConnection(page, tell)
  if (document) {
    const tellVisibility = () => link(document.hidden ? 'hidden' : 'visible')
    tellVisibility()
    document.addEventListener('visibilitychange', tellVisibility, watching)
  }
  return {
    page,
    link,
    join: (subscriber) => {
      clearTimeout(lingering)
      subscribers.add(subscriber)
      joined?.()
      return () => {
        if (!subscribers.delete(subscriber) || subscribers.size > 0) return
        if (document && page.state.status !== 'closed') lingering = setTimeout(end, LINGER_MS)
        else end()
      }
    },
  }
}
