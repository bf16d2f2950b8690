import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { report, runEvent } from '../support/reports.js'
import { startReadyApp, startTestApp, type TestApp } from '../support/test-app.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const TOKEN = 'a-long-view-token-0123456789'
const ODD_NAME = 'load <orders>/50 % & "more"'

let database: TestDatabase
let app: TestApp

beforeAll(async () => {
  database = await createTestDatabase()
  app = await startReadyApp(database.connectionString)
  await report(app.url, runEvent('COMPLETE', 'acled'))
  await report(app.url, runEvent('FAIL', 'punch', '503 from upstream'))
  await report(app.url, runEvent('COMPLETE', ODD_NAME))
})

afterAll(async () => {
  await app.close()
  await database.drop()
})

const keyOf = (name: string) => name.replaceAll('%', '%25').replaceAll('/', '%2F')

async function badge(path: string, headers: Readonly<Record<string, string>> = {}, on = app) {
  const response = await fetch(`${on.url}/badge/${path}`, { headers })
  return { response, text: await response.text() }
}

const titleOf = (svg: string) => /<title>(.*?)<\/title>/.exec(svg)?.[1]

/** While nobody watches, a commit is seen when its hint has arrived, a moment after the 201. */
function badgeThatSays(
  title: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
) {
  return vi.waitFor(
    async () => {
      const answer = await badge(path, headers)
      expect(titleOf(answer.text)).toBe(title)
      return answer
    },
    { timeout: 10_000 },
  )
}

describe('GET /badge', () => {
  it('[P1.9] draws the status of the whole', async () => {
    const { response, text } = await badge('pipeline-status.svg')

    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('image/svg+xml; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    expect(titleOf(text)).toBe('pipelines: failing')
    expect(text).toMatch(/^<svg /)
  })

  it('[P1.9] draws the status of one source, under another name when asked', async () => {
    const named = await badge('pipeline-status/acled.svg')
    const renamed = await badge('pipeline-status/acled.svg?label=conflict+data')

    expect(titleOf(named.text)).toBe('acled: healthy')
    expect(titleOf(renamed.text)).toBe('conflict data: healthy')
    expect(named.text).toContain('#2a7a2f')
  })

  it('[P1.9] finds a name with anything in it by its encoded key, and draws it as text', async () => {
    const path = `pipeline-status/${encodeURIComponent(keyOf(ODD_NAME))}.svg`

    const { response, text } = await badge(path)

    expect(response.status).toBe(200)
    expect(titleOf(text)).toBe('load &lt;orders&gt;/50 % &amp; &quot;more&quot;: healthy')
  })

  it('[P1.9] says the same in words', async () => {
    const whole = await badge('pipeline-status.json')
    const { text } = await badge('pipeline-status/punch.json')

    expect(JSON.parse(whole.text)).toMatchObject({ feed: 'pipeline-status', status: 'Failing' })
    expect(JSON.parse(text)).toEqual({
      feed: 'pipeline-status',
      key: 'punch',
      name: 'punch',
      status: 'Failing',
      since: expect.stringMatching(/^20.*Z$/),
      last_run: expect.stringMatching(/^20.*Z$/),
      generated_at: expect.stringMatching(/^20.*Z$/),
    })
  })

  it('[P1.9] says the same to shields.io, in its own form', async () => {
    const { text } = await badge('pipeline-status/punch.shields.json')

    expect(JSON.parse(text)).toEqual({
      schemaVersion: 1,
      label: 'punch',
      message: 'failing',
      color: '#c0262d',
      labelColor: '#333333',
      cacheSeconds: 300,
    })
  })

  it('[P1.9] shows in grey, with 404, that there is no such source', async () => {
    const drawn = await badge('pipeline-status/nobody.svg')
    const words = await badge('pipeline-status/nobody.json')
    const shields = await badge('pipeline-status/nobody.shields.json')

    expect(drawn.response.status).toBe(404)
    expect(drawn.response.headers.get('cache-control')).toBe('no-cache')
    expect(titleOf(drawn.text)).toBe('nobody: not found')
    expect(words.response.status).toBe(404)
    expect(JSON.parse(words.text)).toMatchObject({ code: 'no_such_source' })
    expect(shields.response.status).toBe(200)
    expect(JSON.parse(shields.text)).toMatchObject({ message: 'not found', isError: true })
  })

  it.each(['pipeline-status.png', 'pipeline-status', 'other.svg', 'other/acled.json'])(
    '[P1.9] is not there as %s',
    async (path) => {
      const { response, text } = await badge(path)

      expect(response.status).toBe(404)
      expect(JSON.parse(text)).toMatchObject({ code: 'no_such_badge' })
    },
  )

  it('[P1.9] takes no label that is too long for a badge', async () => {
    const longest = await badge(`pipeline-status.svg?label=${'x'.repeat(64)}`)
    const longer = await badge(`pipeline-status.svg?label=${'x'.repeat(65)}`)

    expect(longest.response.status).toBe(200)
    expect(longer.response.status).toBe(400)
  })

  it('[P1.9] is fetched again only when it has changed', async () => {
    const path = 'pipeline-status/changing.svg'
    const before = await badge(path)
    await report(app.url, runEvent('COMPLETE', 'changing'))
    const healthy = await badgeThatSays('changing: healthy', path)
    const etag = healthy.response.headers.get('etag') ?? ''
    const unchanged = await badge(path, { 'If-None-Match': etag })
    await report(app.url, runEvent('FAIL', 'changing'))
    const failing = await badgeThatSays('changing: failing', path, { 'If-None-Match': etag })

    expect(before.response.status).toBe(404)
    expect([unchanged.response.status, unchanged.text]).toEqual([304, ''])
    expect(failing.response.status).toBe(200)
  })
})

describe('a badge, where watching needs a token', () => {
  it('[P1.9] tells nothing without one', async () => {
    const guarded = await startReadyApp(database.connectionString, { VIEW_TOKENS: TOKEN })
    onTestFinished(() => guarded.close())

    const closed = await badge('pipeline-status/acled.svg', {}, guarded)
    const unknown = await badge('pipeline-status/nobody.svg', {}, guarded)
    const words = await badge('pipeline-status/acled.json', {}, guarded)
    const shields = await badge('pipeline-status.shields.json', {}, guarded)
    const open = await badge(`pipeline-status/acled.svg?token=${TOKEN}`, {}, guarded)

    expect([closed, unknown, words].map(({ response }) => response.status)).toEqual([401, 401, 401])
    expect(titleOf(closed.text)).toBe('acled: sign-in required')
    expect(JSON.parse(words.text)).toMatchObject({ code: 'unauthorized' })
    expect(JSON.parse(shields.text)).toMatchObject({ message: 'sign-in required', isError: true })
    expect(titleOf(open.text)).toBe('acled: healthy')
  })
})

describe('a badge, before there has been any data', () => {
  it('[P1.9] is grey, and no error to whoever looks at it', async () => {
    const nowhere = 'postgres://nobody:nothing@127.0.0.1:9/none'
    const waiting = await startTestApp(nowhere, { DATABASE_TIMEOUT_MS: '200' })
    onTestFinished(() => waiting.close())

    const drawn = await badge('pipeline-status/acled.svg', {}, waiting)
    const words = await badge('pipeline-status.json', {}, waiting)

    expect(drawn.response.status).toBe(200)
    expect(titleOf(drawn.text)).toBe('acled: unknown')
    expect(words.response.status).toBe(503)
    expect(words.response.headers.get('retry-after')).toBe('5')
  })
})
