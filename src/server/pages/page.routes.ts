import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { HttpError } from '../http/error-handler.js'
import { matchesEtag } from '../http/etag.js'
import { addVary } from '../http/vary.js'
import { bestEncoding } from './accept-encoding.js'
import { encodeDocument, type EncodedDocument } from './encoded-document.js'
import {
  boardWithoutScript,
  NO_DATA_YET,
  NO_SCRIPT_STYLE,
  pageDocument,
  SIGN_IN_NEEDED,
} from './page-document.js'
import { PERMISSIONS_POLICY, securityPolicy } from './security-policy.js'

/** The value of the feed that the page begins with. */
export interface BoardSnapshot {
  readonly generatedAt: Date
  readonly isStale: boolean
  readonly dataJson: string
  /** The update frame as JSON, with the data in it. */
  readonly frameJson: string
}

/** What the route of the page needs. */
export interface PageRoutesDeps {
  /** Where the page was built to; it need not be there. */
  readonly builtPageDir: string
  readonly board: {
    /** The newest value, `undefined` before the first. */
    readonly newest: BoardSnapshot | undefined
    /** Reads anew when the newest value is not current. */
    poll(): Promise<BoardSnapshot | undefined>
  }
  readonly maySeeData: (request: FastifyRequest) => Promise<boolean>
}

/** How long the page waits for current data before it comes with what there is, in milliseconds. */
const PATIENCE_MS = 250

/** `GET /`: the page and the newest data, for its script and as a table for readers without one. */
export function pageRoutes(deps: PageRoutesDeps): FastifyPluginAsync {
  return async (app) => {
    const builtPage = await readBuiltPage(deps.builtPageDir)
    if (builtPage === null) {
      app.get('/', { schema: { hide: true } }, async () => {
        throw new HttpError(
          404,
          'page_not_built',
          'the page is not built: run "npm run build" and start again; the API is at /docs',
        )
      })
      return
    }
    const documentOf = createDocumentSource(builtPage)
    app.get('/', { schema: { hide: true } }, async (request, reply) => {
      const document = (await deps.maySeeData(request))
        ? documentOf(await boardInTime(deps.board))
        : documentOf('sign-in')
      return sendDocument(document, request, reply)
    })
  }
}

async function readBuiltPage(directory: string): Promise<string | null> {
  try {
    return await readFile(join(directory, 'index.html'), 'utf8')
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null
    throw error
  }
}

async function boardInTime(board: PageRoutesDeps['board']): Promise<BoardSnapshot | undefined> {
  const patience = new AbortController()
  const waited = delay(PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => {
    // Aborted below: the board was quicker.
  })
  const snapshot = await Promise.race([board.poll(), waited])
  patience.abort()
  return snapshot ?? board.newest
}

/** Makes the function that renders each snapshot once, however many ask for it. */
function createDocumentSource(
  builtPage: string,
): (content: BoardSnapshot | 'sign-in' | undefined) => EncodedDocument {
  const signIn = encodeDocument(pageDocument(builtPage, { noScript: SIGN_IN_NEEDED }))
  const noData = encodeDocument(pageDocument(builtPage, { noScript: NO_DATA_YET }))
  let rendered: { readonly of: BoardSnapshot; readonly document: EncodedDocument } | undefined
  return (content) => {
    if (content === 'sign-in') return signIn
    if (content === undefined) return noData
    if (rendered?.of !== content) {
      const age = { generatedAt: content.generatedAt.toISOString(), isStale: content.isStale }
      const noScript = boardWithoutScript(content.dataJson, age)
      const html = pageDocument(builtPage, { noScript, frameJson: content.frameJson })
      rendered = { of: content, document: encodeDocument(html) }
    }
    return rendered.document
  }
}

async function sendDocument(
  document: EncodedDocument,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { host, 'if-none-match': cachedEtag, 'accept-encoding': accepted } = request.headers
  reply.headers({
    'Cache-Control': 'private, no-cache',
    'Content-Security-Policy': securityPolicy({
      host,
      ancestors: [],
      styleHashes: [NO_SCRIPT_STYLE.hash],
    }),
    'Permissions-Policy': PERMISSIONS_POLICY,
    ETag: document.etag,
  })
  addVary(reply, 'Accept-Encoding', 'Authorization')
  if (matchesEtag(cachedEtag, document.etag)) return reply.code(304).send()
  const encoding = bestEncoding(single(accepted))
  if (encoding !== 'identity') reply.header('Content-Encoding', encoding)
  return reply.type('text/html; charset=utf-8').send(await document.body(encoding))
}

function single(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.join(',')
}
