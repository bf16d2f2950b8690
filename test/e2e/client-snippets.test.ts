import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { buildPage, startPageSite } from '../support/built-page.js'
import { describeInChromium, launchChromium, openContext } from '../support/chromium.js'
import { type ClientPage, startClientPage } from '../support/client-page.js'
import {
  hasTool,
  type ProgramEnd,
  readSnippets,
  runProgram,
  runSnippet,
  type Snippet,
  type Workplace,
} from '../support/documented-snippets.js'
import { LineProgram } from '../support/line-program.js'
import { hasPython, pythonWithWebsockets } from '../support/python.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const root = join(import.meta.dirname, '..', '..')
const snippets = readSnippets(join(root, 'docs', 'clients.md'))
const used = new Set<string>()

// Where a tool is missing, a line says which tests are skipped for it and how to get it.
const hasCurl = hasTool('curl', 'the package curl')

let database: TestDatabase
let server: ServerProcess
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pipecast-clients-'))
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.connectionString })
  const started = runEvent('START', 'one')
  const completed = { ...started, eventType: 'COMPLETE', eventTime: new Date().toISOString() }
  await report(server.url, [started, completed, runEvent('FAIL', 'two', 'why')])
})

afterAll(async () => {
  await server.kill()
  await database.drop()
  rmSync(folder, { recursive: true })
})

function snippet(name: string): Snippet {
  const found = snippets.get(name)
  if (found === undefined) throw new Error(`docs/clients.md has no snippet ${name}`)
  used.add(name)
  const text = found.text.replace(
    /https:\/\/status\.example\.com|http:\/\/127\.0\.0\.1:8000/,
    server.url,
  )
  return { ...found, text }
}

const where = (env: Readonly<Record<string, string>> = {}): Workplace => ({
  folder,
  env: { PATH: process.env['PATH'] ?? '', HOME: folder, PIPECAST_URL: server.url, ...env },
})

/** Runs a program that does not end by itself; its exit code is 124 if it is still there then. */
async function runFor(seconds: number, { text }: Snippet, words: string[], env = {}) {
  const file = join(folder, 'endless.js')
  writeFileSync(file, text)
  return runProgram(['timeout', String(seconds), ...words, file], where(env))
}

const linesOf = ({ stdout }: ProgramEnd) => stdout.trim().split('\n')

describeInChromium('in a page', () => {
  let browser: Browser
  let client: ClientPage

  beforeAll(async () => {
    ;[browser, client] = await Promise.all([launchChromium(), startClientPage()])
  })

  afterAll(async () => {
    await browser.close()
    await client.close()
  })

  it.each(['browser', 'event-source'])('%s shows what is there and what comes', async (name) => {
    const { context, troubles } = await openContext(browser)
    const page = await context.newPage()
    await page.goto(client.url)
    await page.evaluate('shown = []; show = (data) => shown.push(data); showConnection = () => {}')
    const isClosed = /^subscription\.close\(\)\n$/m // that is for the end of it

    const content = snippet(name).text.replace("'pipecast/client'", "'/client/index.js'")
    await page.addScriptTag({ type: 'module', content: content.replace(isClosed, '') })
    await page.waitForFunction(`shown.at(-1)?.sources.two.status === 'Failing'`)
    await report(server.url, runEvent('COMPLETE', `after-${name}`))
    await page.waitForFunction(`shown.at(-1)?.sources['after-${name}']`)

    expect(troubles).toMatchObject({ pageErrors: [], failedRequests: [] })
  })

  it('usePipelineStatus shows the board', async () => {
    const page = await openComponent(browser, snippet('react'), 'Board')

    await expect.poll(() => page.locator('h1').innerText()).toBe('Failing')
    await page.getByRole('button').click()

    expect(await page.locator('li').allInnerTexts()).toContain('two: Failing')
    expect(await page.locator('section').getAttribute('aria-busy')).toBe('false')
  })

  it('useWebSocket finds the server in the place of NEXT_PUBLIC_STATUS_URL', async () => {
    const define = { 'process.env.NEXT_PUBLIC_STATUS_URL': JSON.stringify(`${server.url}/api/v1`) }
    const page = await openComponent(browser, snippet('drop-in'), 'Monitor', define)

    await expect.poll(() => page.locator('p').innerText()).toBe('Failing, 1 failing')

    expect(await page.locator('p').getAttribute('title')).toBe('connected')
  })
})

/** Opens a page that has a documented component and nothing else. */
async function openComponent(
  browser: Browser,
  { text }: Snippet,
  name: string,
  define: Readonly<Record<string, string>> = {},
): Promise<Page> {
  const work = mkdtempSync(join(root, 'dist', 'snippet-')) // so that React is found
  onTestFinished(() => rmSync(work, { recursive: true }))
  writeFileSync(join(work, 'documented.tsx'), text)
  const entry = join(work, 'entry.tsx')
  writeFileSync(
    entry,
    `import { StrictMode } from 'react'
     import { createRoot } from 'react-dom/client'
     import { ${name} } from './documented.js'
     createRoot(document.querySelector('main')!).render(<StrictMode><${name} /></StrictMode>)`,
  )
  const site = await startPageSite(await buildPage(entry, { define }))
  onTestFinished(() => site.close())
  const { context } = await openContext(browser)
  const page = await context.newPage()
  await page.goto(site.url)
  return page
}

describe('in Node', () => {
  it('connect prints each update', async () => {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules', 'pipecast'))
    symlinkSync(join(root, 'node_modules', 'ws'), join(folder, 'node_modules', 'ws'))
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}')

    const end = await runFor(4, snippet('node'), [process.execPath])

    expect(end).toMatchObject({ exitCode: 124, stderr: '' })
    expect(end.stdout).toContain("status: 'Failing'")
  })
})

// Needs curl; where that is missing, the console says what is left out and how to get it.
describe.skipIf(!hasCurl)('by curl', () => {
  it('[P1.3] the document is fetched only when it has changed', async () => {
    const read = () => readFile(join(folder, 'status.json'), 'utf8')

    const first = await runSnippet(snippet('curl'), where())
    const before = await read()
    writeFileSync(join(folder, 'status.json'), 'untouched')
    const second = await runSnippet(snippet('curl'), where())
    const unchanged = await read()
    await report(server.url, runEvent('COMPLETE', 'by-curl'))
    const isThere = async () => {
      await runSnippet(snippet('curl'), where())
      return (await read()).includes('"by-curl"')
    }

    expect([first, second].map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual([
      [0, ''],
      [0, ''],
    ])
    expect(JSON.parse(before)).toMatchObject({ status: 'Failing' })
    expect(unchanged).toBe('untouched')
    await expect.poll(isThere).toBe(true)
  })

  it('[P1.8] each frame is one line of JSON', async () => {
    const end = await runFor(3, snippet('curl-stream'), ['sh'])

    const types = linesOf(end).map((line) => (JSON.parse(line) as { type: string }).type)
    expect(types.slice(0, 2)).toEqual(['connection_status', 'pipeline_status_update'])
    expect(end.stderr).toBe('')
  })
})

// Needs Python; where that is missing, the console says what is left out and how to get it.
describe.skipIf(!hasPython)('in Python', () => {
  it('polling prints what is new, and nothing when nothing is', async () => {
    const end = await runFor(8, snippet('python-polling'), ['python3'])

    expect(end).toEqual({ exitCode: 124, stdout: 'Failing 1 failing\n', stderr: '' })
  })

  it('polling goes on when nothing answers, and says so', async () => {
    const env = { PIPECAST_URL: 'http://127.0.0.1:1' }

    const end = await runFor(2, snippet('python-polling'), ['python3'], env)

    expect(end).toMatchObject({ exitCode: 124, stdout: '' })
    expect(end.stderr).toMatch(/^http:\/\/127\.0\.0\.1:1\S+: .*refused.*\n$/)
  })

  it('the program for websockets compiles', async () => {
    const file = join(folder, 'live.py')
    writeFileSync(file, snippet('python-websockets').text)

    const end = await runProgram(['python3', '-m', 'py_compile', file], where())

    expect(end).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  })
})

// Needs the library websockets; where that is missing, the console says what is left out and how to get it.
describe.skipIf(pythonWithWebsockets === undefined)('in Python, with its websockets', () => {
  /** Runs the program of the document against a server. */
  function startLive(serverUrl: string): LineProgram {
    const file = join(folder, 'live.py')
    writeFileSync(file, snippet('python-websockets').text)
    const live = new LineProgram(
      [pythonWithWebsockets!, file],
      where({ PIPECAST_URL: serverUrl }).env,
    )
    onTestFinished(() => live.kill())
    return live
  }

  it('the program prints what is new', async () => {
    const live = startLive(server.url)
    await live.until(() => live.lines.length > 0)
    await report(server.url, runEvent('COMPLETE', 'live'))
    await live.until(() => live.lines.length > 1)

    const [first, second] = live.lines.map((line) => line.split(' '))
    expect(live.lines[0]).toMatch(/^\d+ Failing$/)
    expect(Number(second![0])).toBe(Number(first![0]) + 1)
    expect(live.errors).toBe('')
  })

  it('[P5.6] the program comes back when the server was gone, and says what refused it', async () => {
    const start = (env = {}) => startServer({ databaseUrl: database.connectionString, env })
    let restarted = await start()
    onTestFinished(() => restarted.kill())
    const live = startLive(restarted.url)
    await live.until(() => live.lines.length > 0)
    await restarted.stop()
    await live.until(() => live.errors.includes('Connect call failed'), 20_000)
    restarted = await start({ PORT: new URL(restarted.url).port })
    const before = live.lines.length
    await live.until(() => live.lines.length > before, 20_000)

    expect(live.lines.at(-1)).toMatch(/^\d+ Failing$/)
  }, 60_000)

  /** A server that says nothing but this close. @returns its URL. */
  async function startClosing(code: number, reason: string): Promise<string> {
    const closing = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    onTestFinished(() => closing.close())
    closing.on('connection', (socket) => socket.close(code, reason))
    await once(closing, 'listening')
    return `http://127.0.0.1:${(closing.address() as AddressInfo).port}`
  }

  it('[P5.6] the program says why it was closed, and comes back', async () => {
    const live = startLive(await startClosing(4100, 'no place'))

    await live.until(() => live.errors.split('no place; then').length > 2, 20_000)
  })

  it('[P5.6] the program does not come back after 1008', async () => {
    const live = startLive(await startClosing(1008, 'too many'))

    await expect(live.until(() => false)).rejects.toThrow('received 1008')
  })
})

describe('what is not run here', () => {
  it('the query for Grafana names members that the document has', async () => {
    const query = JSON.parse(snippet('grafana').text) as {
      readonly url: string
      readonly root_selector: string
      readonly columns: readonly { readonly selector: string }[]
    }

    const answer = await fetch(query.url)
    const { sources } = (await answer.json()) as { sources: Record<string, object> }

    expect(query.root_selector).toBe('sources.*')
    expect(Object.keys(sources['one']!)).toEqual(
      expect.arrayContaining(query.columns.map(({ selector }) => selector)),
    )
  })

  it('the components of React are of the right types', async () => {
    const work = mkdtempSync(join(root, 'dist', 'snippet-'))
    onTestFinished(() => rmSync(work, { recursive: true }))
    const files = ['react', 'drop-in'].map((name) => join(work, `${name}.tsx`))
    for (const [index, name] of ['react', 'drop-in'].entries()) {
      writeFileSync(files[index]!, snippet(name).text)
    }
    const words =
      '--ignoreConfig --noEmit --strict --skipLibCheck --jsx react-jsx --target es2023 --module nodenext'

    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const end = await runProgram([process.execPath, tsc, ...words.split(' '), ...files], where())

    expect(end).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  })
})

describe('the document', () => {
  it('has no snippet that is not looked at here', () => {
    expect([...snippets.keys()].filter((name) => !used.has(name))).toEqual([])
  })
})
