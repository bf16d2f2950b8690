import { setTimeout as delay } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  describeInChromium,
  launchChromium,
  NO_TROUBLES,
  openContext,
} from '../support/chromium.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { startSubpathProxy } from '../support/subpath-proxy.js'
import { startReadyApp } from '../support/test-app.js'
import { startTcpProxy } from '../support/tcp-proxy.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const NASTY_NAME = `</noscript><script>document.title='taken'</script><b title="x' onclick='y">`
const TOKEN = 'a-long-view-token-0123456789'

let database: TestDatabase
let server: ServerProcess

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.connectionString })
  await report(server.url, [
    runEvent('COMPLETE', 'acled'),
    runEvent('FAIL', NASTY_NAME, '<img src=x onerror=alert(1)>'),
  ])
})

afterAll(async () => {
  await server.kill()
  await database.drop()
})

const assetIn = (html: string, kind: 'js' | 'css') =>
  new RegExp(`\\./assets/[\\w.-]+\\.${kind}`).exec(html)?.[0].slice(1) ?? ''

describe('the page over HTTP', () => {
  it('[P1.11] comes with a tag, to be asked about each time, and 304 for who has it', async () => {
    const ask = async () => {
      const first = await server.get('/')
      const again = await server.get('/', { 'if-none-match': first.headers.get('etag') ?? '' })
      return { first, again }
    }

    const { first } = await ask()

    expect(await first.text()).toContain('<!doctype html>')
    expect(first.headers.get('cache-control')).toContain('no-cache')
    expect(first.headers.get('vary')?.split(', ')).toEqual(
      expect.arrayContaining(['Origin', 'Accept-Encoding', 'Authorization']),
    )
    // When the data is read anew in between, it is another document.
    await expect.poll(async () => (await ask()).again.status).toBe(304)
  })

  it('its assets are kept for ever, and come compressed for those who take that', async () => {
    const script = assetIn(await (await server.get('/')).text(), 'js')

    const brotli = await server.get(script, { 'accept-encoding': 'br' })
    const gzip = await server.get(script, { 'accept-encoding': 'gzip' })
    const plain = await server.get(script, { 'accept-encoding': 'identity' })

    expect(brotli.headers.get('content-encoding')).toBe('br')
    expect(gzip.headers.get('content-encoding')).toBe('gzip')
    expect(plain.headers.get('content-encoding')).toBeNull()
    expect(await brotli.text()).toBe(await plain.text())
    for (const { headers } of [brotli, gzip, plain]) {
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(headers.get('vary')).toContain('Accept-Encoding')
      expect(headers.get('content-type')).toContain('javascript')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  it('nothing outside of the assets can be had through them', async () => {
    const paths = [
      '/assets/',
      '/assets/none.js',
      '/assets/..%2findex.html',
      '/assets/%2e%2e/index.html',
    ]

    const answers = await Promise.all(paths.map((path) => server.get(path)))

    for (const answer of answers) {
      expect([400, 403, 404]).toContain(answer.status)
      expect(answer.headers.get('content-type')).toContain('json')
    }
  })

  it('has a favicon, a manifest, and a word to search engines', async () => {
    const [icon, manifest, robots] = await Promise.all([
      server.get('/favicon.svg'),
      server.get('/manifest.webmanifest'),
      server.get('/robots.txt'),
    ])

    expect(icon.headers.get('content-type')).toBe('image/svg+xml')
    expect(await manifest.json()).toMatchObject({ start_url: './' })
    expect(await robots.text()).toBe('User-agent: *\nDisallow: /\n')
  })

  it('that was not built says what to do, and everything else is served', async () => {
    const app = await startReadyApp(database.connectionString)
    onTestFinished(() => app.close())

    const page = await fetch(`${app.url}/`)
    const health = await fetch(`${app.url}/health`)

    expect(page.status).toBe(404)
    expect(await page.json()).toEqual({
      code: 'page_not_built',
      message: 'the page is not built: run "npm run build" and start again; the API is at /docs',
    })
    expect(health.status).toBe(200)
  })

  it('does not wait for a database that does not answer', async () => {
    const proxy = await startTcpProxy(database.connectionString)
    onTestFinished(() => proxy.close())
    const cut = await startServer({
      databaseUrl: proxy.connectionString,
      env: { BROADCAST_INTERVAL_MS: '250' },
    })
    onTestFinished(() => cut.kill())
    await cut.get('/')
    proxy.freeze()
    await delay(300) // what is in memory is no longer current by then

    const askedAt = performance.now()
    const html = await (await cut.get('/')).text()
    const tookMs = performance.now() - askedAt

    expect(html).toContain('acled')
    expect(tookMs).toBeLessThan(900) // others wait 1,000 ms, and a statement 5,000 ms
  })

  it('before there has ever been data says so', async () => {
    const lost = await startServer({
      databaseUrl: 'postgres://nobody@127.0.0.1:1/none',
      untilReady: false,
    })
    onTestFinished(() => lost.kill())

    const html = await (await lost.get('/')).text()

    expect(html).toContain('There is no data yet')
  })

  it('[P1.11] holds no data for a reader without the token that watching needs', async () => {
    const guarded = await startServer({
      databaseUrl: database.connectionString,
      env: { VIEW_TOKENS: TOKEN },
    })
    onTestFinished(() => guarded.kill())

    const closed = await (await guarded.get('/')).text()
    const wrong = await (await guarded.get('/?token=not-the-right-one')).text()
    const opened = await (await guarded.get(`/?token=${TOKEN}`)).text()
    const answer = await guarded.get('/', { authorization: `Bearer ${TOKEN}` })

    for (const html of [closed, wrong]) {
      expect(html).toContain('Watching needs a token')
      expect(html).not.toContain('acled')
    }
    expect(opened).toContain('acled')
    expect(opened).not.toContain(TOKEN)
    expect(await answer.text()).toContain('acled')
    expect(answer.headers.get('cache-control')).toContain('private')
  })
})

describeInChromium('the page in a browser', () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launchChromium()
  })

  afterAll(async () => {
    await browser.close()
  })

  it('[P1.11] runs under its policy without a word from the console', async () => {
    const { context, troubles } = await openContext(browser)
    const page = await context.newPage()

    const answer = await page.goto(server.url)
    await page.getByText('acled').first().waitFor()
    await page.getByText('WebSocket Connected').waitFor()
    const socket = await page.evaluate(
      `new Promise((resolve) => {
        const socket = new WebSocket(location.origin.replace('http', 'ws') + '/ws/monitoring/pipeline-status')
        socket.onmessage = ({ data }) => { socket.close(); resolve(JSON.parse(data).type) }
        socket.onerror = () => resolve('blocked')
      })`,
    )

    expect(answer?.headers()['content-security-policy']).toContain("default-src 'none'")
    expect(socket).toBe('connection_status')
    expect(troubles).toEqual(NO_TROUBLES)
  })

  it('its policy stops inline scripts, foreign scripts and foreign connections', async () => {
    const { context, troubles } = await openContext(browser)
    const page = await context.newPage()
    await page.goto(server.url)

    const blocked = page.evaluate(`new Promise((resolve) => {
      const blocked = new Set()
      document.addEventListener('securitypolicyviolation', (event) => {
        blocked.add(event.effectiveDirective + ' ' + event.blockedURI)
        if (blocked.size === 4) resolve([...blocked].sort())
      })
      const inline = document.createElement('script')
      inline.textContent = 'document.title = "taken"'
      document.body.append(inline)
      const foreign = document.createElement('script')
      foreign.src = 'http://127.0.0.1:1/x.js'
      document.body.append(foreign)
      new WebSocket('ws://127.0.0.1:1/socket').onerror = () => {}
      fetch('http://127.0.0.1:1/fetched').catch(() => {})
    })`)

    expect(await blocked).toEqual([
      'connect-src http://127.0.0.1:1/fetched',
      'connect-src ws://127.0.0.1:1/socket',
      'script-src-elem http://127.0.0.1:1/x.js',
      'script-src-elem inline',
    ])
    expect(await page.title()).not.toBe('taken')
    expect(troubles.consoleErrors).not.toEqual([])
  })

  it('[P1.11] without JavaScript is a table, and a link to get it anew', async () => {
    const { context, troubles } = await openContext(browser, { javaScriptEnabled: false })
    const page = await context.newPage()

    await page.goto(server.url)

    const sources = page.getByRole('table', { name: 'Sources' })
    expect(await sources.getByRole('row').count()).toBe(3)
    expect(await sources.getByRole('rowheader').first().textContent()).toBe(NASTY_NAME)
    expect(await sources.getByRole('cell').nth(1).textContent()).toBe(
      'the last run failed: <img src=x onerror=alert(1)>',
    )
    expect(await page.locator('b, img').count()).toBe(0)
    await report(server.url, runEvent('COMPLETE', 'later'))
    await page.getByRole('link', { name: 'Reload' }).click()
    await sources.getByRole('rowheader', { name: 'later' }).waitFor()
    expect(troubles).toEqual(NO_TROUBLES)
  })

  it('[P1.11] works below the path of a proxy that takes it off', async () => {
    const proxy = await startSubpathProxy(server.url, '/team/status/')
    onTestFinished(() => proxy.close())
    const { context, troubles } = await openContext(browser)
    const page = await context.newPage()

    await page.goto(proxy.url)
    await page.getByText('acled').first().waitFor()
    await page.getByText('WebSocket Connected').waitFor()
    const manifest = await page.evaluate(
      `fetch(document.querySelector('link[rel=manifest]').href).then((answer) => answer.json())`,
    )

    expect(manifest).toMatchObject({ name: 'Pipecast' })
    expect(troubles).toEqual(NO_TROUBLES)
  })
})
