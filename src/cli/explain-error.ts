const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: is the server running, and is the port right?',
  ENOTFOUND: 'the host name does not resolve: check its spelling',
  EAI_AGAIN: 'the host name cannot be resolved now: is there a network?',
  ECONNRESET: 'the other side dropped the connection: look at its log, or at the proxy before it',
  EPIPE: 'the other side dropped the connection: look at its log, or at the proxy before it',
  ETIMEDOUT: 'no answer: a firewall, or the wrong host',
  EHOSTUNREACH: 'the host cannot be reached: a firewall, or the wrong network',
  ENETUNREACH: 'the network cannot be reached',
  EPROTO: 'TLS failed: does this port speak https? Try http',
  ERR_SSL_WRONG_VERSION_NUMBER: 'this port does not speak TLS: try http instead of https',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'this port does not speak TLS: try http instead of https',
  CERT_HAS_EXPIRED: 'the certificate has expired: renew it',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed: set NODE_EXTRA_CA_CERTS',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is self-signed: set NODE_EXTRA_CA_CERTS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate chain is incomplete: install the whole chain',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate names another host: wrong host or certificate',
  HPE_INVALID_CONSTANT: 'the answer is not HTTP: wrong port, or https spoken where http is asked',
}

/** The operating system's word for an error, or its message where it has none. */
export function errorWord(error: unknown): string {
  const code = codeOf(error)
  if (code !== undefined) return code
  return error instanceof Error ? error.message : String(error)
}

/** What an operator should look at after this error; `undefined` when nothing better is known. */
export function errorHint(error: unknown): string | undefined {
  const code = codeOf(error)
  return code === undefined ? undefined : HINTS[code]
}

/** `localhost` is tried over both families at once; the first of the two errors says enough. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && !hasCode(error)) return codeOf(error.errors[0])
  return hasCode(error) ? error.code : undefined
}

/** Some errors of `rmSync` have an empty code. */
function hasCode(error: unknown): error is { readonly code: string } {
  if (!(error instanceof Error) || !('code' in error)) return false
  return typeof error.code === 'string' && error.code !== ''
}
