import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import {
  createStatusStore,
  serverSnapshot,
  type StatusStore,
} from '../../../../src/client/react/status-store.js'

interface Document {
  readonly n: number
}

let server: WebSocketServer
let sockets: WebSocket[]
let leaving: (() => void)[]

beforeEach(async () => {
  sockets = []
  leaving = []
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', (socket) => {
    sockets.push(socket)
    send(1)
  })
  await once(server, 'listening')
})

afterEach(() => {
  for (const leave of leaving) leave()
  server.close()
})

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const openSockets = () => sockets.filter((socket) => socket.readyState === WebSocket.OPEN).length

function send(n: number): void {
  const timestamp = new Date().toISOString()
  const head = { type: 'feed_update', timestamp, epoch: 'e', generated_at: timestamp }
  for (const socket of sockets) socket.send(JSON.stringify({ ...head, seq: n, data: { n } }))
}

function makeStore(key = 'board', onState?: (status: string) => void): StatusStore<Document> {
  return createStatusStore<Document>(key, () => ({
    url: url(),
    WebSocket: WebSocket,
    onState: ({ status }) => onState?.(status),
  }))
}

/** @returns how often it was told of a change. */
function watch(store: StatusStore<Document>): () => number {
  let changes = 0
  leaving.push(store.subscribe(() => (changes += 1)))
  return () => changes
}

const numberIn = (store: StatusStore<Document>) => store.snapshot().update?.data.n

it('nothing is opened before somebody subscribes', async () => {
  const store = makeStore()

  store.connect()
  store.refresh()
  store.retry()

  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(store.snapshot()).toBe(serverSnapshot())
  expect(sockets).toEqual([])
})

it('a snapshot is the same object until something has changed, and every change is told', async () => {
  const store = makeStore()
  const changes = watch(store)
  await expect.poll(() => numberIn(store)).toBe(1)
  const [before, told] = [store.snapshot(), changes()]
  const again = store.snapshot()

  send(2)
  await expect.poll(() => numberIn(store)).toBe(2)

  expect(again).toBe(before)
  expect(store.snapshot()).not.toBe(before)
  expect(changes()).toBeGreaterThan(told)
  expect(store.snapshot().state.status).toBe('connected')
})

it('[P9.1] stores of one feed share a socket, and the later one sees the data at once', async () => {
  const first = makeStore()
  watch(first)
  await expect.poll(() => numberIn(first)).toBe(1)

  const second = makeStore()
  const seen = second.snapshot()
  watch(second)
  send(2)
  await expect.poll(() => numberIn(second)).toBe(2)

  expect(seen.update?.data.n).toBe(1)
  expect(sockets).toHaveLength(1)
})

it('a store of another feed sees nothing of it', async () => {
  const first = makeStore()
  watch(first)
  await expect.poll(() => numberIn(first)).toBe(1)

  const other = makeStore('another')

  expect(other.snapshot()).toBe(serverSnapshot())
})

it('who has left is told nothing, and the connection ends with the last', async () => {
  const statuses: string[] = []
  const store = makeStore('board', (status) => statuses.push(status))
  const changes = watch(store)
  await expect.poll(() => numberIn(store)).toBe(1)
  const told = changes()

  for (const leave of leaving) leave()
  await expect.poll(openSockets).toBe(0)

  expect(changes()).toBe(told)
  expect(statuses.at(-1)).toBe('connected')
  expect(makeStore().snapshot()).toBe(serverSnapshot())
})

it('disconnect ends it until connect, and the last data stays to be seen', async () => {
  const statuses: string[] = []
  const store = makeStore('board', (status) => statuses.push(status))
  watch(store)
  await expect.poll(() => numberIn(store)).toBe(1)

  store.disconnect()
  const disconnected = store.snapshot()
  watch(store) // another subscriber does not bring it back
  await expect.poll(openSockets).toBe(0)
  store.connect()
  await expect.poll(openSockets).toBe(1)
  await expect.poll(() => statuses.at(-1)).toBe('connected')

  expect(disconnected).toMatchObject({ update: { data: { n: 1 } }, state: { status: 'closed' } })
  expect(statuses.filter((status) => status === 'closed')).toHaveLength(1)
  expect(sockets).toHaveLength(2)
})

it('connect comes back even after the server has closed it for good', async () => {
  const store = makeStore()
  watch(store)
  await expect.poll(() => numberIn(store)).toBe(1)
  sockets[0]!.close(1008)
  await expect
    .poll(() => store.snapshot().state)
    .toMatchObject({ status: 'closed', reason: 'policy' })

  store.connect()

  await expect.poll(() => store.snapshot().state.status).toBe('connected')
  expect(sockets).toHaveLength(2)
})

it('[P9.2] connect at each change is no endless loop, closed for good while others look on', async () => {
  watch(makeStore())
  const store = makeStore()
  let changes = 0
  leaving.push(
    store.subscribe(() => {
      changes += 1
      if (changes < 1_000) store.connect()
    }),
  )
  await expect.poll(() => numberIn(store)).toBe(1)

  sockets[0]!.close(1008)
  await expect.poll(() => store.snapshot().state.status).toBe('closed')
  await new Promise((resolve) => setTimeout(resolve, 100))

  expect(changes).toBeLessThan(20)
  expect(sockets).toHaveLength(1)
})
