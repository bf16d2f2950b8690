import { once } from 'node:events'
import { createServer } from 'node:http'

/** A site of somebody else, which is another origin by its port. */
export interface PageHost {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string
  /** What its page is from now on, and under which Content-Security-Policy. */
  serve(html: string, policy?: string): void
  close(): Promise<void>
}

/** Starts a site that answers every request with the same page. */
export async function startPageHost(): Promise<PageHost> {
  let page = ''
  let headers: Readonly<Record<string, string>> = {}
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...headers }).end(page)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    origin: `http://127.0.0.1:${String(typeof address === 'object' ? address?.port : '')}`,
    serve: (html, policy) => {
      page = `<!doctype html><html lang="en"><title>host</title><link rel="icon" href="data:,"><body><main><h1>Host</h1>${html}</main>`
      headers = policy === undefined ? {} : { 'Content-Security-Policy': policy }
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
