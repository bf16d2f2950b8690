/** A server that allows ten sockets an address is asked by as many addresses as that takes. */
const SOCKETS_PER_ADDRESS = 10
const ADDRESSES_PER_NETWORK = 128

/** The loopback address from which the socket with this index connects. */
export function localAddress(index: number): string {
  const address = Math.floor(index / SOCKETS_PER_ADDRESS)
  const network = Math.floor(address / ADDRESSES_PER_NETWORK)
  return `127.0.${network}.${(address % ADDRESSES_PER_NETWORK) + 1}`
}
