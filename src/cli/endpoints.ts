import { PIPELINE_STATUS_FEED, SOCKET_PATH } from '../protocol/index.js'

const API_PREFIX = '/api/v1'

/** The address cannot be used; the message says why and shows one that can. */
export class InvalidAddressError extends Error {
  override readonly name = 'InvalidAddressError'
  readonly code = 'INVALID_ADDRESS'
}

/** Where one deployment answers. Every member is a whole URL. */
export interface Endpoints {
  /** The address that was given, normalised, without a trailing slash. */
  readonly base: string
  readonly socket: string
  /** The same feed under `/api/v1`. */
  readonly apiSocket: string
  /** The socket's path over http, for a plain GET. */
  readonly socketOverHttp: string
  /** The socket of a feed that no server has. */
  readonly unknownFeed: string
  readonly health: string
  readonly ready: string
  /** The polling fallback. */
  readonly publicHealth: string
  /** The bare document. */
  readonly document: string
}

/**
 * Derives every URL of a deployment from what a person types.
 *
 * @param address - http, https, ws or wss, or a bare `host:port`; a path is kept as a prefix, and
 *   a pasted socket URL is cut back to it.
 * @throws InvalidAddressError when it is no such address.
 */
export function resolveEndpoints(address: string): Endpoints {
  const url = parseAddress(address)
  const isSecure = url.protocol === 'https:' || url.protocol === 'wss:'
  const place = `${url.host}${prefixOf(url.pathname)}`
  const base = `${isSecure ? 'https' : 'http'}://${place}`
  const socketBase = `${isSecure ? 'wss' : 'ws'}://${place}`
  const feed = `${SOCKET_PATH}${PIPELINE_STATUS_FEED}`
  return {
    base,
    socket: `${socketBase}${feed}`,
    apiSocket: `${socketBase}${API_PREFIX}${feed}`,
    socketOverHttp: `${base}${feed}`,
    unknownFeed: `${socketBase}${SOCKET_PATH}no-such-feed`,
    health: `${base}/health`,
    ready: `${base}${API_PREFIX}/public/ready`,
    publicHealth: `${base}${API_PREFIX}/public/health`,
    document: `${base}${API_PREFIX}/monitoring/${PIPELINE_STATUS_FEED}`,
  }
}

function parseAddress(address: string): URL {
  const text = address.includes('://') ? address : `http://${address}`
  if (!URL.canParse(text)) throw invalid(address, 'is not a URL')
  const url = new URL(text)
  if (!/^(?:https?|wss?):$/.test(url.protocol)) {
    throw invalid(address, 'is neither http, https, ws nor wss')
  }
  if (url.username !== '' || url.password !== '') {
    throw new InvalidAddressError('the address holds credentials; pass a token with --token')
  }
  if (url.search !== '') {
    throw new InvalidAddressError('the address holds a query; pass a token with --token')
  }
  return url
}

function invalid(address: string, why: string): InvalidAddressError {
  return new InvalidAddressError(`"${address}" ${why}; try http://localhost:8000`)
}

function prefixOf(pathname: string): string {
  return pathname
    .replace(/\/+$/, '')
    .replace(/(?:\/api\/v1)?\/ws\/monitoring\/[^/]+$/, '')
    .replace(/\/+$/, '')
}
