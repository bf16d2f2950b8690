import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { initialMachine, publicState } from '../../../src/client/connection-state.js'
import type { Link, News, Page } from '../../../src/client/page.js'
import { joinTabs } from '../../../src/client/tab-leader.js'
import { FakeOrigin } from './fake-origin.js'
import { OpenSocket } from './open-socket.js'
import { authRequired, fullUpdate, greeting } from './server-frames.js'

interface Tab {
  readonly link: Link
  /** What it was told. */
  readonly news: News[]
}

let origin: FakeOrigin
/** Each test has a server of its own, and with it a budget of attempts. */
let servers = 0
const links: Link[] = []

beforeEach(() => {
  vi.useFakeTimers()
  origin = new FakeOrigin()
  servers += 1
  vi.stubGlobal('navigator', { locks: origin.locks })
  vi.stubGlobal('BroadcastChannel', origin.Channel)
  OpenSocket.all.length = 0
})

afterEach(() => {
  for (const link of links.splice(0)) link('close')
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

async function openTab(): Promise<Tab> {
  const page: Page = {
    base: `http://server-${servers}/`,
    feed: 'pipeline-status',
    query: '',
    token: undefined,
    WebSocket: OpenSocket,
    fetch: () => new Promise<never>(() => undefined),
    update: undefined,
    state: { ...publicState(initialMachine(0), false, 0), retryAt: null },
    wishMs: () => 0,
  }
  const news: News[] = []
  const link = joinTabs(page, (...each) => news.push(each) < 0, 'name')
  links.push(link)
  await settle()
  return { link, news }
}

const settle = () => vi.advanceTimersByTimeAsync(0)
const isOpen = ({ readyState }: OpenSocket) => readyState === 1
const statuses = ({ news }: Tab) =>
  news.flatMap(([kind, what]) => (kind === 'state' ? [what.status] : []))

function goLive(socket = OpenSocket.newest): void {
  socket!.bring(greeting())
  socket!.bring(fullUpdate({}))
}

describe('a page that may not use locks', () => {
  it('[P9.8] has a connection of its own, and does not ask again', async () => {
    origin.refusal = new DOMException('denied in this context', 'SecurityError')

    const tab = await openTab()
    goLive()

    expect(origin.requests).toBe(1)
    expect(OpenSocket.all).toHaveLength(1)
    expect(statuses(tab).at(-1)).toBe('connected')
  })

  it('[P9.8] asks and is told nothing over the tabs’ channel', async () => {
    const leader = await openTab()
    origin.refusal = new DOMException('denied in this context', 'SecurityError')

    const alone = await openTab()
    const before = leader.news.length
    goLive(OpenSocket.all[1])
    alone.link('refresh')
    await settle()

    expect(leader.news).toHaveLength(before)
    expect(OpenSocket.all[1]!.sent).toEqual(['{"type":"refresh"}'])
    expect(OpenSocket.all[0]!.sent).toEqual([])
  })

  it('[P9.8] also where there is no channel', async () => {
    vi.stubGlobal('BroadcastChannel', function () {
      throw new DOMException('denied in this context', 'SecurityError')
    })

    const tab = await openTab()
    goLive()

    expect(statuses(tab).at(-1)).toBe('connected')
  })
})

describe('a tab that stops leading', () => {
  it('[P9.8] tells no other tab that it is over, for somebody goes on', async () => {
    const leader = await openTab()
    const follower = await openTab()
    goLive()
    await settle()

    leader.link('close')
    await settle()
    goLive()

    expect(statuses(leader).at(-1)).toBe('closed')
    expect(statuses(follower)).not.toContain('closed')
    expect(statuses(follower).at(-1)).toBe('connected')
    expect(OpenSocket.all.filter(isOpen)).toHaveLength(1)
  })

  it('[P9.8] because it was overruled says nothing of its old connection, not even to itself', async () => {
    const overruled = await openTab()
    const other = await openTab()
    goLive()
    await settle()

    await origin.locks.request('name', { steal: true }, () => Promise.resolve())
    await settle()
    goLive()
    await settle()

    expect([...statuses(overruled), ...statuses(other)]).not.toContain('closed')
    expect(statuses(overruled).at(-1)).toBe('connected')
    expect(OpenSocket.all.filter(isOpen)).toHaveLength(1)
  })
})

describe('a tab that is closed in the moment in which it would lead', () => {
  it('[P9.1] opens nothing, and leaves the lead to the next', async () => {
    const tabs = [await openTab(), await openTab(), await openTab()]

    tabs[0]!.link('close')
    await Promise.resolve().then(() => Promise.resolve())
    tabs[1]!.link('close')
    await vi.advanceTimersByTimeAsync(10)
    goLive()

    expect(statuses(tabs[2]!).at(-1)).toBe('connected')
    expect(OpenSocket.all.filter(isOpen)).toHaveLength(1)
  })
})

describe('a token that is given later', () => {
  /** What the newest socket is told when it asks for a token. */
  const shown = async () => {
    const socket = OpenSocket.newest!
    socket.bring(greeting())
    socket.bring(authRequired)
    await settle()
    return socket.sent
  }

  it.each([
    ['the tab that leads', 0],
    ['the tab that takes over', 1],
    ['another tab', 2],
  ])('[P9.8] in %s is shown by the next one that leads', async (_which, given) => {
    const tabs = [await openTab(), await openTab(), await openTab()]

    tabs[given]!.link('token', 'secret')
    await settle()
    tabs[0]!.link('close')
    await settle()

    expect(OpenSocket.all).toHaveLength(2)
    expect(await shown()).toEqual(['{"type":"auth","token":"secret"}'])
  })

  it('[P9.8] is known to a tab that comes after it', async () => {
    const leader = await openTab()
    leader.link('token', 'secret')
    await openTab()

    leader.link('close')
    await settle()

    expect(await shown()).toEqual(['{"type":"auth","token":"secret"}'])
  })
})
