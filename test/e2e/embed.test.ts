import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { sharingSnippets } from '../../src/dashboard/source-view/snippets.js'
import { accessibilityFaults } from '../support/accessibility.js'
import {
  describeInChromium,
  launchChromium,
  NO_TROUBLES,
  openContext,
} from '../support/chromium.js'
import { type PageHost, startPageHost } from '../support/page-host.js'
import { runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const INGEST_TOKEN = 'an-ingest-token-0123456789'
const VIEW_TOKEN = 'a-long-view-token-0123456789'
const MAX_SCRIPT_BYTES = 12_000

let database: TestDatabase
let friend: PageHost
let stranger: PageHost
let server: ServerProcess

const start = (port = '0') =>
  startServer({
    databaseUrl: database.connectionString,
    env: {
      NODE_ENV: 'production', // elsewhere any page of this machine would be allowed
      PORT: port,
      ALLOWED_ORIGINS: friend.origin,
      EMBED_ANCESTORS: friend.origin,
      INGEST_TOKENS: INGEST_TOKEN,
      BROADCAST_INTERVAL_MS: '500',
      MAX_CONNECTIONS_PER_ADDRESS: '50',
    },
  })

beforeAll(async () => {
  friend = await startPageHost()
  stranger = await startPageHost()
  database = await createTestDatabase()
  server = await start()
})

afterAll(async () => {
  await server.kill()
  await database.drop()
  await Promise.all([friend.close(), stranger.close()])
})

async function report(type: 'COMPLETE' | 'FAIL', job: string): Promise<void> {
  const response = await fetch(`${server.url}/api/v1/lineage`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${INGEST_TOKEN}` },
    body: JSON.stringify(runEvent(type, job)),
  })
  expect(response.status).toBe(201)
}

const element = (attributes = '') =>
  `<script src="${server.url}/embed.js" async></script><pipeline-status ${attributes}></pipeline-status>`

/** What the board offers to copy for a source. */
const snippetOf = (key: string) =>
  sharingSnippets(key, `${server.url}/`).find(({ title }) => title === 'Embed')?.text ?? ''

describe('the script of the element', () => {
  it('[P1.12] is one small file, asked about each time, that any page may load', async () => {
    const plain = await server.get('/embed.js', { 'accept-encoding': 'identity' })
    const brotli = await server.get('/embed.js', { 'accept-encoding': 'br' })
    // Not by fetch, which adds "Cache-Control: no-cache" to such a request.
    const again = get(`${server.url}/embed.js`, {
      headers: { 'If-None-Match': plain.headers.get('etag') ?? '' },
    })
    const [revalidated] = (await once(again, 'response')) as [IncomingMessage]
    revalidated.resume()
    const script = await plain.text()

    expect(gzipSync(script).length).toBeLessThan(MAX_SCRIPT_BYTES)
    expect(plain.headers.get('cache-control')).toBe('no-cache')
    expect(plain.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    expect(plain.headers.get('vary')?.split(', ')).toEqual(
      expect.arrayContaining(['Origin', 'Accept-Encoding']),
    )
    expect(brotli.headers.get('content-encoding')).toBe('br')
    expect(await brotli.text()).toBe(script)
    expect(revalidated.statusCode).toBe(304)
  })

  it.each([
    ['theme', 'pink'],
    ['compact', 'yes'],
    ['feed', 'a/b'],
    ['sources', 'x'.repeat(4_001)],
  ])(
    '[P1.12] a page for frames with a bad %s is refused with what is wrong',
    async (name, value) => {
      const answer = await server.get(`/embed?${name}=${value}`)

      expect(answer.status).toBe(400)
      expect(((await answer.json()) as { message: string }).message).toContain(name)
    },
  )

  it('[P1.12] the page for frames names who may frame it, and only in that differs', async () => {
    const frame = await server.get('/embed')
    const page = await server.get('/')

    expect(frame.headers.get('content-security-policy')).toContain(
      `frame-ancestors 'self' ${friend.origin}`,
    )
    expect(frame.headers.get('x-frame-options')).toBeNull()
    expect(page.headers.get('content-security-policy')).toMatch(/frame-ancestors 'self'$/)
    expect(page.headers.get('x-frame-options')).toBe('SAMEORIGIN')
  })
})

describeInChromium('<pipeline-status>', () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launchChromium()
  })

  afterAll(async () => {
    await browser.close()
  })

  beforeEach(async () => {
    await report('COMPLETE', 'acled')
    await report('COMPLETE', 'ucdp')
  })

  async function openAt(url: string) {
    const { context, troubles } = await openContext(browser)
    onTestFinished(() => context.close())
    const page = await context.newPage()
    await page.goto(url)
    return { page, context, troubles }
  }

  const rowsOf = (page: Page) => page.locator('pipeline-status li')
  const connectionOf = (page: Page) => page.locator('pipeline-status small')

  it('[P1.12] is live on a page of another origin, under a policy of its own', async () => {
    const own = server.url
    friend.serve(
      element('theme="dark"'),
      `default-src 'none'; img-src data:; script-src ${own}; connect-src ${own} ${server.socketUrl}`,
    )
    const { page, troubles } = await openAt(friend.origin)

    await rowsOf(page).first().waitFor()
    const before = await rowsOf(page).allTextContents()
    await report('FAIL', 'ucdp')
    await page.locator('pipeline-status strong', { hasText: 'Failing' }).waitFor()

    expect(before[0]).toMatch(/^acledHealthy · \d+ s ago$/)
    expect((await rowsOf(page).allTextContents())[0]).toMatch(
      /^ucdpFailing: the last run failed · \d+ s ago$/,
    )
    expect(await page.getByRole('status').textContent()).toContain('ucdp is Failing')
    expect(await connectionOf(page).textContent()).toMatch(/^Live · Updated \d+ s ago$/)
    expect(troubles).toEqual(NO_TROUBLES)
  })

  it('shows the sources that were asked for, and follows its attributes', async () => {
    friend.serve(element('sources="acled,gone"'))
    const { page } = await openAt(friend.origin)
    await rowsOf(page).first().waitFor()

    const asked = await rowsOf(page).allTextContents()
    await page.evaluate(`document.querySelector('pipeline-status').setAttribute('sources', 'ucdp')`)

    expect(asked).toEqual([
      'goneUnknown: no such source',
      expect.stringMatching(/^acledHealthy/) as string,
    ])
    await expect.poll(() => rowsOf(page).allTextContents()).toHaveLength(1)
    expect((await rowsOf(page).allTextContents())[0]).toMatch(/^ucdp/)
  })

  it('what the page gives to copy shows its source, also one with a comma in its name', async () => {
    await report('COMPLETE', 'loads,daily')
    friend.serve(snippetOf('loads,daily'))
    const { page, troubles } = await openAt(friend.origin)

    await rowsOf(page).getByText('Healthy').waitFor()

    expect(await rowsOf(page).allTextContents()).toEqual([
      expect.stringMatching(/^loads,dailyHealthy/) as string,
    ])
    expect(troubles).toEqual(NO_TROUBLES)
  })

  it('a page whose origin is not allowed is told what may be the matter', async () => {
    stranger.serve(snippetOf('acled'))
    const { page } = await openAt(stranger.origin)

    await page.locator('pipeline-status small', { hasText: 'ALLOWED_ORIGINS' }).waitFor()

    expect(await rowsOf(page).count()).toBe(0)
  })

  it.each(['light', 'dark'])('[P1.12] has nothing that axe finds wrong, %s', async (theme) => {
    await report('FAIL', 'failing')
    friend.serve(element(`theme="${theme}"`))
    const { page } = await openAt(friend.origin)
    await rowsOf(page).first().waitFor()

    expect(await accessibilityFaults(page, 'pipeline-status')).toEqual([])
  })

  it('where watching needs a token asks for one, and goes on when it is there', async () => {
    const guarded = await startServer({
      databaseUrl: database.connectionString,
      env: { VIEW_TOKENS: VIEW_TOKEN },
    })
    onTestFinished(() => guarded.kill())
    const { page } = await openAt(`${guarded.url}/embed`)
    const framed = await openAt(`${guarded.url}/embed?token=${VIEW_TOKEN}`)

    await page.locator('pipeline-status small', { hasText: 'Sign-in required' }).waitFor()
    const before = await rowsOf(page).count()
    await page.evaluate(
      `document.querySelector('pipeline-status').setAttribute('token', '${VIEW_TOKEN}')`,
    )
    await rowsOf(page).first().waitFor()
    await rowsOf(framed.page).first().waitFor()

    expect(before).toBe(0)
  })

  it('keeps the last good data without a server, and finds the server again', async () => {
    friend.serve(element())
    const { page } = await openAt(friend.origin)
    await rowsOf(page).first().waitFor()

    await server.kill()
    await page.locator('pipeline-status small', { hasText: 'Reconnecting' }).waitFor()
    const kept = await rowsOf(page).count()
    server = await start(new URL(server.url).port)
    await page.locator('pipeline-status small', { hasText: /^(Live|Polling)/ }).waitFor()

    expect(kept).toBeGreaterThan(0)
  })

  it('many of them take one connection, and none once they have left the page', async () => {
    const active = async () =>
      (await server.getJson<{ connections: { active: number } }>('/health')).connections.active
    await expect.poll(active, { timeout: 15_000 }).toBe(0)
    friend.serve(element() + '<pipeline-status compact></pipeline-status>'.repeat(9))
    const { page } = await openAt(friend.origin)
    await rowsOf(page).nth(19).waitFor({ state: 'attached' })

    const whileThere = await active()
    await page.evaluate(`document.querySelectorAll('pipeline-status').forEach((e) => e.remove())`)

    expect(whileThere).toBe(1)
    await expect.poll(active, { timeout: 15_000 }).toBe(0)
  })

  it('ten of them with ten lists take one connection, and each shows its own list', async () => {
    const active = async () =>
      (await server.getJson<{ connections: { active: number } }>('/health')).connections.active
    await expect.poll(active, { timeout: 15_000 }).toBe(0)
    const lists = [
      'acled',
      'ucdp',
      'acled,ucdp',
      ...Array.from({ length: 7 }, (_, i) => `gone-${i}`),
    ]
    friend.serve(
      lists.map((list) => `<pipeline-status sources="${list}"></pipeline-status>`).join('') +
        `<script src="${server.url}/embed.js" async></script>`,
    )
    const { page } = await openAt(friend.origin)
    const namesAt = (index: number) =>
      page.locator('pipeline-status').nth(index).locator('li b').allTextContents()
    await rowsOf(page).nth(10).waitFor()

    const whileThere = await active()
    const shown = await Promise.all(lists.map((_, index) => namesAt(index)))
    await report('COMPLETE', 'later')
    await page.evaluate(
      `document.body.insertAdjacentHTML('beforeend', '<pipeline-status sources="later"></pipeline-status>')`,
    )
    await rowsOf(page).getByText('later').waitFor()
    await report('FAIL', 'acled')
    await page.locator('pipeline-status').first().getByText('last run failed').waitFor()

    expect(whileThere).toBe(1)
    expect(shown.map((names) => names.sort().join())).toEqual(lists)
    await expect.poll(active, { timeout: 15_000 }).toBe(1)
  })

  it('[P1.12] [P9.8] is live in a frame that may run scripts and has no origin to share by', async () => {
    const open = await startServer({
      databaseUrl: database.connectionString,
      env: { ALLOWED_ORIGINS: '*', EMBED_ANCESTORS: friend.origin },
    })
    onTestFinished(() => open.kill())
    friend.serve(
      `<iframe title="status" sandbox="allow-scripts" src="${open.url}/embed?sources=acled"></iframe>`,
    )
    const { page, troubles } = await openAt(friend.origin)
    const frame = page.frameLocator('iframe')

    await frame.locator('small', { hasText: /^Live/ }).waitFor({ timeout: 15_000 })
    await report('FAIL', 'acled')
    await frame.getByText('last run failed').waitFor()

    expect(troubles).toEqual(NO_TROUBLES)
  })

  it('[P1.12] may be framed by those who are named, and by nobody else', async () => {
    const frame = `<iframe title="status" src="${server.url}/embed?sources=acled&amp;theme=light"></iframe>`
    friend.serve(frame)
    stranger.serve(frame)

    const allowed = await openAt(friend.origin)
    await allowed.page.frameLocator('iframe').locator('li').first().waitFor()
    const refused = await openAt(stranger.origin)
    await expect.poll(() => refused.troubles.consoleErrors.join()).toContain('frame-ancestors')

    expect(await allowed.page.frameLocator('iframe').locator('li').allTextContents()).toHaveLength(
      1,
    )
    expect(allowed.troubles).toEqual(NO_TROUBLES)
    expect(await refused.page.frameLocator('iframe').locator('li').count()).toBe(0)
  })
})
