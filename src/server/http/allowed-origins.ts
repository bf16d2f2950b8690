import { isLoopbackName } from './loopback.js'

/** What a browser says of the page that asks. */
export interface AskingPage {
  /** The Origin header; programs that are no browsers send none. */
  readonly origin: string | undefined
  /** The Host header. */
  readonly host: string | undefined
}

/**
 * Makes the function that tells whether a page may read.
 *
 * @param patterns - origins, `https://*.example.com` for any subdomain, or `*` for everybody.
 * @param allowLoopback - whether pages served from this machine may, whatever their port.
 */
export function originChecker(
  patterns: readonly string[],
  allowLoopback: boolean,
): (page: AskingPage) => boolean {
  const isEverybody = patterns.includes('*')
  const exact = new Set(patterns)
  const wildcards = patterns
    .filter((pattern) => pattern.includes('://*.'))
    .map((pattern) => pattern.split('*') as [string, string])
  return ({ origin, host }) => {
    if (origin === undefined || isEverybody || exact.has(origin)) return true
    if (wildcards.some(([head, tail]) => origin.startsWith(head) && origin.endsWith(tail))) {
      return true
    }
    if (!URL.canParse(origin)) return false
    const url = new URL(origin)
    if (host !== undefined && url.host === host.toLowerCase()) return true
    return allowLoopback && isLoopbackName(url.hostname)
  }
}
