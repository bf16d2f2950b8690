import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join, normalize } from 'node:path'

const built = join(import.meta.dirname, '..', '..', 'dist', 'src')

const PAGE = `<!doctype html><title>client</title><script type="module">
  import { connect } from '/client/index.js'
  window.seen = { updates: [], states: [] }
  window.follow = (options) => {
    window.subscription = connect({
      ...options,
      onUpdate: (update) => window.seen.updates.push({ ...update, at: Date.now() }),
      onState: (state) => window.seen.states.push({ ...state, at: Date.now() }),
    })
  }
  window.isReady = true
</script>`

/** A web server with nothing but a page that has the built client library. */
export interface ClientPage {
  readonly url: string
  close(): Promise<void>
}

/** Serves the page on a free port of this machine: another origin than that of the server. */
export async function startClientPage(): Promise<ClientPage> {
  const server: Server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://page').pathname)
    if (path === '/') {
      response.setHeader('Content-Type', 'text/html').end(PAGE)
      return
    }
    readFile(join(built, path)).then(
      (script) => response.setHeader('Content-Type', 'text/javascript').end(script),
      () => response.writeHead(404).end(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
