import type { ConfiguredServer } from './configured-server.js'

/** What a hook was told to connect to leads nowhere; the message says what it should look like. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError'
  readonly code = 'BAD_ENDPOINT'
}

/** Where a socket endpoint leads, in the words of `connect`. */
export interface EndpointTarget {
  /** The server; a path is relative to the page. */
  readonly url: string
  readonly feed: string
  /** From the endpoint's own query. */
  readonly token?: string
}

const ABSOLUTE = /^(?:ws|http)s?:\/\/[^/]/i

/** As short as possible before it: the prefix of the API belongs to the path of the socket. */
const SOCKET_PATH = /^(.*?)(?:\/api\/v1)?\/ws\/monitoring\/([^/?#]+)\/?(?:\?([^#]*))?$/

/**
 * The server that a build names, or the page's own: http in place of ws, and without `/api/v1`,
 * because every path of the API has that in front already.
 *
 * @throws EndpointError for what is neither a URL nor a path.
 */
export function serverUrl(server: ConfiguredServer | undefined): string {
  if (server === undefined) return '/'
  const { url, variable } = server
  if (!ABSOLUTE.test(url) && !url.startsWith('/')) {
    throw new EndpointError(
      `${variable} is "${url}"; it should be a URL such as https://status.example.com`,
    )
  }
  return asHttp(url.replace(/(?:\/api\/v1)?\/?$/, '/'))
}

/**
 * Reads an endpoint such as `/ws/monitoring/pipeline-status`.
 *
 * @param endpoint - a path, with or without `/api/v1`, or a ws, wss, http or https URL.
 * @param server - where a path leads to.
 * @throws EndpointError when it does not end in `/ws/monitoring/<feed>`.
 */
export function readEndpoint(
  endpoint: string,
  server: ConfiguredServer | undefined,
): EndpointTarget {
  const address = ABSOLUTE.test(endpoint)
    ? asHttp(endpoint)
    : serverUrl(server) + endpoint.replace(/^\//, '')
  const [, base, name, query] = SOCKET_PATH.exec(address) ?? []
  const feed = name === undefined ? undefined : decoded(name)
  if (base === undefined || feed === undefined) {
    throw new EndpointError(
      `the endpoint is "${withoutQuery(endpoint)}"; it should end in /ws/monitoring/<feed>, such as /ws/monitoring/pipeline-status`,
    )
  }
  const token = new URLSearchParams(query).get('token')
  return { url: `${base}/`, feed, ...(token === null ? {} : { token }) }
}

function asHttp(url: string): string {
  return url.replace(/^ws(?=s?:)/i, 'http')
}

/** A query may hold a token. */
function withoutQuery(endpoint: string): string {
  return endpoint.replace(/\?.*$/s, '')
}

function decoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name)
  } catch {
    return undefined // half a percent sign: no feed is called so
  }
}
