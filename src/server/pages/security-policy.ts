/** What an embedding or embedded page may load and do: the value of Content-Security-Policy. */
export interface PolicyOptions {
  /** The Host header of the request. */
  readonly host: string | undefined
  /** Who may show it in a frame, besides the server's own pages: origins, or `*`. */
  readonly ancestors: readonly string[]
  /** Hashes of inline styles: `sha256-…`. */
  readonly styleHashes?: readonly string[]
}

/** Nothing of this is ever asked for. */
export const PERMISSIONS_POLICY =
  'camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), midi=()'

/**
 * The policy of a page that loads nothing but its own files and talks to nobody but its own server.
 */
export function securityPolicy({ host, ancestors, styleHashes = [] }: PolicyOptions): string {
  const frameAncestors = ancestors.includes('*') ? '*' : ["'self'", ...ancestors].join(' ')
  return [
    "default-src 'none'",
    "script-src 'self'",
    ["style-src 'self'", ...styleHashes.map((hash) => `'${hash}'`)].join(' '),
    "img-src 'self' data:",
    "manifest-src 'self'",
    ["connect-src 'self'", ...socketSources(host)].join(' '),
    "base-uri 'self'",
    "form-action 'none'",
    `frame-ancestors ${frameAncestors}`,
  ].join('; ')
}

/**
 * `'self'` covers WebSockets to the own host, but not in Safari before 15.4. A Host that has not
 * the form of one could write directives of its own, and is left out.
 */
function socketSources(host: string | undefined): readonly string[] {
  if (host === undefined || !/^([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i.test(host)) {
    return []
  }
  return [`ws://${host}`, `wss://${host}`]
}
