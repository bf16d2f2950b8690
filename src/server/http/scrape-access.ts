import ipaddr from 'ipaddr.js'

/** What is known of somebody who wants to read the metrics. */
export interface ScraperFacts {
  /** `null` when no token is set; else whether it was sent. */
  readonly hasValidToken: boolean | null
  /** The address of the peer of the TCP connection. */
  readonly peer: string | undefined
  /** The peer speaks for somebody else. */
  readonly isForwarded: boolean
}

/** Why somebody may not read the metrics. */
export interface ScrapeRefusal {
  readonly status: 401 | 403
  readonly code: 'unauthorized' | 'metrics_closed'
  readonly message: string
}

/**
 * Decides whether somebody may read the metrics. Without a token it is whoever reaches the process
 * directly from its own machine or network: that is where a scraper runs, and what comes from
 * outside comes through a proxy.
 *
 * @returns `null` when they may.
 */
export function decideScrape(facts: ScraperFacts): ScrapeRefusal | null {
  if (facts.hasValidToken === true) return null
  if (facts.hasValidToken === false) {
    return {
      status: 401,
      code: 'unauthorized',
      message: 'send Authorization: Bearer with the token in METRICS_TOKEN',
    }
  }
  if (!facts.isForwarded && isNearby(facts.peer)) return null
  return {
    status: 403,
    code: 'metrics_closed',
    message:
      'metrics are closed to other networks: set METRICS_TOKEN, and send it as a Bearer token',
  }
}

/** The shared range 100.64.0.0/10 is left out: that is where the edge of Railway speaks from. */
const NEARBY = new Set(['loopback', 'private', 'uniqueLocal', 'linkLocal'])

function isNearby(peer: string | undefined): boolean {
  return peer !== undefined && ipaddr.isValid(peer) && NEARBY.has(ipaddr.process(peer).range())
}
