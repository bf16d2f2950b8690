import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { build } from 'vite'

const root = join(import.meta.dirname, '..', '..')
const fixtures = join(root, 'test', 'fixtures')

/** A site with one page. */
export interface PageSite {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string
  close(): Promise<void>
}

/** What a build may be told. */
export interface BuildOptions {
  /** What a server has rendered already. */
  readonly markup?: string
  /** Words of the source, and the JavaScript in their place. */
  readonly define?: Readonly<Record<string, string>>
}

/** A page of one script: what a server sends at `/`, with the script at `/page.js`. */
export interface BuiltPage {
  readonly script: string
  readonly html: string
}

/**
 * Builds a fixture as an application would, with React as in development: StrictMode mounts twice.
 *
 * @param entry - below test/fixtures, or anywhere.
 */
export async function buildPage(
  entry: string,
  { markup = '', define = {} }: BuildOptions = {},
): Promise<BuiltPage> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    mode: 'development',
    root: fixtures,
    define: { 'process.env.NODE_ENV': '"development"', ...define },
    resolve: { alias: { 'pipecast/react': join(root, 'src/client/react/index.ts') } },
    build: {
      write: false,
      minify: false,
      modulePreload: false,
      rolldownOptions: { input: resolve(fixtures, entry) },
    },
  })
  const chunks = [built].flat().flatMap((result) => ('output' in result ? result.output : []))
  const [script] = chunks.flatMap((chunk) => (chunk.type === 'chunk' ? [chunk.code] : []))
  if (script === undefined || chunks.length > 1) throw new Error(`${entry} is not one script`)
  const html = `<!doctype html><meta charset="utf-8"><title>${entry}</title><link rel="icon" href="data:,"><body><main>${markup}</main><script type="module" src="/page.js"></script>`
  return { script, html }
}

/** Answers a request for the page or for its script. */
export function answerPage(page: BuiltPage, path: string, response: ServerResponse): void {
  const isScript = path === '/page.js'
  response
    .writeHead(200, { 'Content-Type': isScript ? 'text/javascript' : 'text/html' })
    .end(isScript ? page.script : page.html)
}

/** Serves a page on a free port of this machine: another origin than that of the server. */
export async function startPageSite(page: BuiltPage): Promise<PageSite> {
  const server = createServer((request, response) => {
    answerPage(page, request.url ?? '', response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
