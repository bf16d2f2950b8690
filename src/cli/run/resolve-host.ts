import { execFile } from 'node:child_process'
import { type LookupAddress, lookup as lookupInThread } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'

const RESOLVER = 'getent'

/** How a host's name becomes addresses. */
export type Lookup = LookupFunction

/**
 * A lookup that can be given up. `dns.lookup` cannot: it holds a thread until the resolver gives
 * up, often after 10 s or more, and a process does not end before its threads. So a program does
 * it that asks the same resolver and can be killed; where there is none (macOS), Node's does.
 *
 * @param signal - gives up every lookup.
 */
export function createLookup(signal: AbortSignal): Lookup {
  return (hostname, options, callback) => {
    if (hostname === 'localhost') {
      lookupInThread(hostname, options, callback)
      return
    }
    const kill = { signal, killSignal: 'SIGKILL' } as const
    execFile(RESOLVER, ['ahosts', hostname], kill, (error, stdout) => {
      if (error?.code === 'ENOENT') {
        lookupInThread(hostname, options, callback)
        return
      }
      const found = readAddresses(stdout)
      const [first] = found
      if (first === undefined) callback(notFound(hostname), '', 0)
      else if (options.all === true) callback(null, found)
      else callback(null, first.address, first.family)
    })
  }
}

/** The addresses that `getent ahosts` lists, each once, in its order. */
export function readAddresses(listing: string): LookupAddress[] {
  const addresses = listing.split('\n').map((line) => line.split(/\s/, 1)[0] ?? '')
  return [...new Set(addresses)].flatMap((address) => {
    const family = isIP(address)
    return family === 0 ? [] : [{ address, family }]
  })
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' })
}
