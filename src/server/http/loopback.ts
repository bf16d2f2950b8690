/** Whether a host name, as `URL` writes it, stands for the machine on which it is looked up. */
export function isLoopbackName(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(hostname)
  )
}

/** Whether the peer of a connection is this machine. */
export function isLoopbackPeer(address: string | undefined): boolean {
  const plain = address?.replace(/^::ffff:/, '') ?? ''
  return plain === '::1' || plain.startsWith('127.')
}

/**
 * Whether a Host header is what programs on this machine ask for. Any other name comes from a proxy,
 * or from a page whose name was bent to this machine. A program that sends none is no browser.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  if (host === undefined) return true
  const url = `http://${host}`
  return URL.canParse(url) && isLoopbackName(new URL(url).hostname)
}
