import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createDocumentHash, type Json } from '../../src/protocol/index.js'
import type { Traffic } from '../../src/server/streaming/traffic-meter.js'
import { describeInChromium, launchChromium } from '../support/chromium.js'
import { similarDocument } from '../support/document-arbitraries.js'
import { type ForeignFollower, PythonClient } from '../support/foreign-client.js'
import { followInPage } from '../support/page-follower.js'
import { pythonWithWebsockets } from '../support/python.js'
import { PIPELINE_STATUS_PATH } from '../support/socket-client.js'
import { publicationOf } from '../unit/streaming/stage.js'
import { startStreamingApp, type StreamingApp } from '../unit/streaming/streaming-app.js'

const RUNS = 100
const CHANGES = 100
const TOTAL = RUNS * CHANGES
const PATCHED = ['pipecast.v1', 'pipecast.v1.patch']
const WHOLE = ['pipecast.v1']

/** Every byte that is written belongs to a change: nothing is repeated, nobody is pinged. */
const SETTINGS = {
  BROADCAST_INTERVAL_MS: '3600000',
  PING_INTERVAL_MS: '30000000',
  STALE_AFTER_MS: '86400000',
}

/** A feed that changes when it is told to. */
const feed = {
  name: 'pipeline-status',
  epoch: 'e1',
  newest: publicationOf(1),
  watch: () => ({ ready: null, stop: () => undefined }),
}

let app: StreamingApp
/** The server's ends of all connections, in the order in which they came. */
let ends: Socket[]

beforeEach(async () => {
  ends = []
  feed.newest = publicationOf(1)
  app = await startStreamingApp(
    SETTINGS,
    ({ server }) => server.on('upgrade', (_, socket: Socket) => ends.push(socket)),
    feed,
  )
})

afterEach(() => app.close())

/** What a document is as canonical JSON, as the server itself sees it. */
function canonicalOf(document: Json): string {
  let seen = ''
  createDocumentHash((text) => {
    seen = text
    return 0
  })(document)
  return seen
}

const isOfSockets = ({ transport }: Traffic) => transport === 'WebSocket'

/** Publishes one more document. @returns how many bytes of it were written to each connection. */
async function publish(members: object): Promise<readonly number[]> {
  const seq = feed.newest.seq + 1
  const before = ends.map(({ bytesWritten }) => bytesWritten)
  feed.newest = publicationOf(seq, { ...members, seq })
  app.manager.publish(feed.name, feed.newest)
  // Nobody may be told the next before this one: they would miss it. Who has left says why to others.
  const isTold = () => {
    const { active, updatesSent } = app.manager.traffic.find(isOfSockets)!
    return active < ends.length || updatesSent === seq * ends.length
  }
  const giveUp = AbortSignal.timeout(10_000)
  while (!isTold()) {
    giveUp.throwIfAborted()
    await turn()
  }
  return ends.map(({ bytesWritten }, index) => bytesWritten - before[index]!)
}

/** How often what came. */
interface Tally {
  patches: number
  wholes: number
  compressed: number
}

/** Makes the changes, and compares what each client makes of each of them. */
async function follow<Name extends string>(
  clients: Readonly<Record<Name, ForeignFollower>>,
): Promise<Readonly<Record<Name, Tally>>> {
  const names = Object.keys(clients) as Name[]
  const tallies = {} as Record<Name, Tally>
  for (const name of names) {
    tallies[name] = { patches: 0, wholes: 0, compressed: 0 }
    await clients[name].next(1)
  }
  const documents = fc.array(similarDocument, { minLength: CHANGES, maxLength: CHANGES })
  const property = fc.asyncProperty(documents, async (all) => {
    const wireBytes: (readonly number[])[] = []
    const published: { readonly seq: number; readonly canonical: string }[] = []
    for (const members of all) {
      wireBytes.push(await publish(members))
      const { seq, dataJson } = feed.newest
      published.push({ seq, canonical: canonicalOf(JSON.parse(dataJson) as Json) })
    }
    for (const [place, name] of names.entries()) {
      const states = await clients[name].next(CHANGES)
      expect(states.map(({ seq, canonical }) => ({ seq, canonical }))).toEqual(published)
      for (const [index, { type, bytes }] of states.entries()) {
        tallies[name][type === 'pipeline_status_patch' ? 'patches' : 'wholes'] += 1
        if (wireBytes[index]![place]! < bytes) tallies[name].compressed += 1
      }
    }
  })
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true })
  console.table(tallies)
  return tallies
}

/** Whether as many as there were changes came, and in which form. */
function expectForms(tally: Tally, form: 'patches' | 'compressed' | 'plain'): void {
  const { patches, wholes, compressed } = tally
  expect(patches + wholes).toBe(TOTAL)
  if (form === 'patches') {
    expect(patches).toBeGreaterThan(TOTAL / 2)
    expect(wholes).toBeGreaterThan(0)
    expect(compressed).toBeGreaterThan(wholes) // large patches are, too
  } else {
    expect(patches).toBe(0)
    expect(compressed).toBe(form === 'compressed' ? TOTAL : 0)
  }
}

// Needs the library websockets; where that is missing, the console says what is left out and how to get it.
describe.skipIf(pythonWithWebsockets === undefined)('the websockets of Python', () => {
  const clients: PythonClient[] = []

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.kill()
  })

  it(`[P3.9] [P3.10] make the same document of patches, of compressed and of plain updates over ${TOTAL} changes`, async () => {
    const url = app.url + PIPELINE_STATUS_PATH
    const join = async (protocols: readonly string[], compression: 'deflate' | '') => {
      const client = PythonClient.byWebsockets(url, protocols.join(', '), compression)
      clients.push(client)
      await client.until(() => client.lines.length > 0)
      return client
    }

    const { patched, compressed, plain } = await follow({
      patched: await join(PATCHED, 'deflate'),
      compressed: await join(WHOLE, 'deflate'),
      plain: await join(WHOLE, ''),
    })

    expectForms(patched, 'patches')
    expectForms(compressed, 'compressed')
    expectForms(plain, 'plain')
  }, 180_000)
})

describeInChromium('the WebSocket of Chromium', () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launchChromium()
  })

  afterAll(() => browser.close())

  it(`[P3.9] [P3.10] makes the same document of patches and of compressed updates over ${TOTAL} changes`, async () => {
    const url = app.url + PIPELINE_STATUS_PATH
    const page = await browser.newPage()
    await page.goto(url.replace('ws', 'http')) // a page of the same origin

    const { patched, compressed } = await follow({
      patched: await followInPage(page, url, PATCHED),
      compressed: await followInPage(page, url, WHOLE),
    })

    expectForms(patched, 'patches')
    expectForms(compressed, 'compressed')
  }, 180_000)
})
