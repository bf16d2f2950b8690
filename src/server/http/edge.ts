import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { Config } from '../config/load-config.js'
import { originChecker } from './allowed-origins.js'
import { clientAddressReader } from './client-address.js'
import { HttpError } from './error-handler.js'
import { decideIngest } from './ingest-access.js'
import { isLoopbackHost, isLoopbackPeer } from './loopback.js'
import { decideScrape } from './scrape-access.js'
import { bearerToken, tokenMatcher, type TokenVerdict, viewTokenVerifier } from './tokens.js'

/** What tells who is asking: Node's own request has it, and Fastify's too. */
export interface AskingRequest {
  readonly headers: IncomingHttpHeaders
  readonly socket: { readonly remoteAddress?: string | undefined }
}

/** Who is asking, and what they may do: the questions that every route asks of a request. */
export interface Edge {
  /** The name under which a client's connections are counted. */
  readonly addressOf: (request: AskingRequest) => string
  readonly isOriginAllowed: (request: AskingRequest) => boolean
  /** The token that came with the request, in the header or as `?token=`; `null` without one. */
  readonly tokenOf: (request: FastifyRequest) => string | null
  /** `null` when watching needs no token. */
  readonly verifyViewToken: ((token: string) => Promise<TokenVerdict>) | null
  readonly maySeeData: (request: FastifyRequest) => Promise<boolean>
  /** What became of the caller's own token, in the words of `/health`. */
  readonly describeToken: (request: FastifyRequest) => Promise<TokenDescription>
  /** @throws HttpError 401 for somebody who may not watch. */
  readonly requireViewer: (request: FastifyRequest) => Promise<void>
  /** @throws HttpError 401 or 403 for somebody who may not report. */
  readonly requireReporter: (request: FastifyRequest) => void
  /** @throws HttpError 401 or 403 for somebody who may not read the metrics. */
  readonly requireScraper: (request: FastifyRequest) => void
}

/** What this service makes of the token that a caller sent. */
export interface TokenDescription {
  readonly token_present: boolean
  readonly token_valid: boolean
  /** Absent for a token that does not expire. */
  readonly token_expires?: string
}

/** Makes the edge from the settings. */
export function createEdge(config: Config): Edge {
  const isProduction = config.nodeEnv === 'production'
  const checkOrigin = originChecker(config.allowedOrigins, !isProduction)
  const readAddress = clientAddressReader(config.trustProxy)
  const verifyViewToken = viewTokenVerifier(config.viewTokens, config.viewJwtSecret)
  const isIngestToken = config.ingestTokens.length === 0 ? null : tokenMatcher(config.ingestTokens)

  const isMetricsToken =
    config.metricsToken === undefined ? null : tokenMatcher([config.metricsToken])

  const isOriginAllowed = ({ headers }: AskingRequest) => {
    const { origin, host } = headers
    return checkOrigin({ origin, host })
  }
  const maySeeData = async (request: FastifyRequest) => {
    if (verifyViewToken === null) return true
    const token = tokenOf(request)
    return token !== null && (await verifyViewToken(token)).isAccepted
  }
  return {
    addressOf: ({ headers, socket }) =>
      readAddress({
        peer: socket.remoteAddress,
        forwardedFor: single(headers['x-forwarded-for']),
        realIp: single(headers['x-real-ip']),
      }),
    isOriginAllowed,
    tokenOf,
    verifyViewToken,
    maySeeData,
    describeToken: async (request) => {
      const token = tokenOf(request)
      const verdict = token === null ? undefined : await verifyViewToken?.(token)
      return {
        token_present: token !== null,
        token_valid: verdict?.isAccepted ?? false,
        ...(verdict?.expiresAt == null ? {} : { token_expires: verdict.expiresAt.toISOString() }),
      }
    },
    requireViewer: async (request) => {
      if (await maySeeData(request)) return
      throw new HttpError(401, 'unauthorized', 'a token is needed: send Authorization: Bearer')
    },
    requireReporter: (request) => {
      const token = bearerToken(request.headers.authorization)
      const refusal = decideIngest({
        hasValidToken: isIngestToken === null ? null : token !== null && isIngestToken(token),
        isProduction,
        isLocal: isLocal(request),
        // Without the own host: a page whose name was bent to this machine would pass for it.
        isForeignPage:
          !checkOrigin({ origin: request.headers.origin, host: undefined }) ||
          isEmbeddedElsewhere(request),
      })
      if (refusal !== null) throw new HttpError(refusal.status, refusal.code, refusal.message)
    },
    requireScraper: (request) => {
      const token = bearerToken(request.headers.authorization)
      const refusal = decideScrape({
        hasValidToken: isMetricsToken === null ? null : token !== null && isMetricsToken(token),
        peer: request.raw.socket.remoteAddress,
        isForwarded: isForwarded(request),
      })
      if (refusal !== null) throw new HttpError(refusal.status, refusal.code, refusal.message)
    },
  }
}

function tokenOf(request: FastifyRequest): string | null {
  const { token } = request.query as { token?: unknown }
  return bearerToken(request.headers.authorization) ?? (typeof token === 'string' ? token : null)
}

/**
 * The peer is not who is asking: a header says whom a proxy speaks for, or this machine asks itself
 * for a name that it has for others only.
 */
function isForwarded({ headers, raw }: FastifyRequest): boolean {
  return (
    ['forwarded', 'x-forwarded-for', 'x-real-ip'].some((name) => name in headers) ||
    (isLoopbackPeer(raw.socket.remoteAddress) && !isLoopbackHost(headers.host))
  )
}

/** An image or a link on a page of others: browsers send no Origin then, but say that much. */
function isEmbeddedElsewhere({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  return headers.origin === undefined && (site === 'cross-site' || site === 'same-site')
}

function isLocal(request: FastifyRequest): boolean {
  return isLoopbackPeer(request.raw.socket.remoteAddress) && !isForwarded(request)
}

function single(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.join(',')
}
