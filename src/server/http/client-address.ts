import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'

/** What a request says of where it comes from. */
export interface RequestOrigin {
  /** The address of the peer of the TCP connection. */
  readonly peer: string | undefined
  readonly forwardedFor: string | undefined
  readonly realIp: string | undefined
}

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number]

/** Railway's edge reaches a service from this range, and names the client in X-Real-IP. */
const RAILWAY_PEERS = '100.64.0.0/10'

/** Render's edge reaches a service from this range, and appends `client, edge`. */
const RENDER_PEERS = '10.0.0.0/8'

/**
 * Makes the function that tells who a client is.
 *
 * @param trusted - `railway`, `render` or address ranges: whose headers are believed. A header
 * from anybody else is ignored, so nobody can pretend to be somebody else.
 * @returns a function whose result names the client: an IPv4 address, or the /64 of an IPv6
 * address, since one household has a whole /64.
 */
export function clientAddressReader(
  trusted: readonly string[],
): (request: RequestOrigin) => string {
  const isFromRailway = trusted.includes('railway') ? isWithin([parseRange(RAILWAY_PEERS)]) : never
  const isFromRender = trusted.includes('render') ? isWithin([parseRange(RENDER_PEERS)]) : never
  const isTrusted = isWithin(trusted.filter((entry) => /[.:]/.test(entry)).map(parseRange))
  return ({ peer, forwardedFor, realIp }) => {
    // By far the most common case, and asked for each socket that opens.
    if (trusted.length === 0 && peer !== undefined && isIPv4(peer)) return peer
    const direct = parse(peer)
    if (direct === null) return 'unknown'
    if (isFromRailway(direct)) return addressKey(parse(realIp) ?? direct)
    const isProxied = isFromRender(direct) || isTrusted(direct)
    if (!isProxied || forwardedFor === undefined) return addressKey(direct)
    const hops = forwardedFor.split(',').map((hop) => parse(hop.trim()))
    if (isFromRender(direct)) return addressKey(hops.at(-2) ?? direct)
    // From the nearest hop outwards, the first that is not a proxy of ours is the client; when all
    // are ours, it is the outermost.
    const client = hops.toReversed().find((hop) => hop === null || !isTrusted(hop))
    return addressKey((client === undefined ? hops[0] : client) ?? direct)
  }
}

const never = () => false

function isWithin(ranges: readonly Range[]): (address: ipaddr.IPv4 | ipaddr.IPv6) => boolean {
  return (address) =>
    ranges.some(
      ([network, bits]) => address.kind() === network.kind() && address.match(network, bits),
    )
}

function parseRange(entry: string): Range {
  if (ipaddr.isValidCIDR(entry)) return ipaddr.parseCIDR(entry)
  const address = ipaddr.parse(entry)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

/** IPv4 addresses that come written as IPv6 are IPv4. */
function parse(text: string | undefined): ipaddr.IPv4 | ipaddr.IPv6 | null {
  return text !== undefined && ipaddr.isValid(text) ? ipaddr.process(text) : null
}

function addressKey(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  if (address.kind() === 'ipv4') return address.toString()
  const network = [...address.toByteArray().slice(0, 8), ...Array<number>(8).fill(0)]
  return `${ipaddr.fromByteArray(network).toString()}/64`
}
