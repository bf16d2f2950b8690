import ipaddr from 'ipaddr.js'
import { list, oneOf, optionalText, text, wholeNumber } from './setting.js'

const DAY_MS = 86_400_000

/** Every setting of the server, in the order in which the documentation shows them. */
export const settings = {
  host: text({
    variable: 'HOST',
    meaning: 'The address to listen on.',
    example: '127.0.0.1',
    default: '0.0.0.0',
  }),
  port: wholeNumber({
    variable: 'PORT',
    meaning: 'The port to listen on; 0 takes a free one.',
    example: '8000',
    default: 8000,
    min: 0,
    max: 65_535,
  }),
  nodeEnv: oneOf({
    variable: 'NODE_ENV',
    meaning: 'In `production` nothing is embedded, and nobody may report without a token.',
    example: 'production',
    default: 'development',
    words: ['development', 'production', 'test'],
  }),
  databaseUrl: optionalText({
    variable: 'DATABASE_URL',
    meaning: 'The Postgres to use (15 or newer); not set: an embedded one, never in production.',
    form: 'a Postgres URL',
    example: 'postgres://user:password@host:5432/database',
    secret: true,
    accepts: isPostgresUrl,
  }),
  databasePoolMax: wholeNumber({
    variable: 'DATABASE_POOL_MAX',
    meaning:
      'The most pooled database connections; two more listen for changes and lead the sweep.',
    example: '10',
    default: 5,
    min: 1,
    max: 1_000,
  }),
  databaseTimeoutMs: wholeNumber({
    variable: 'DATABASE_TIMEOUT_MS',
    meaning: 'How long one statement may take, in milliseconds.',
    example: '5000',
    default: 5_000,
    min: 100,
    max: 600_000,
  }),
  dataDir: text({
    variable: 'DATA_DIR',
    meaning: 'Where the embedded Postgres keeps its data.',
    example: '/var/lib/pipecast',
    default: '.data',
  }),
  broadcastIntervalMs: wholeNumber({
    variable: 'BROADCAST_INTERVAL_MS',
    meaning: 'The longest time between two updates on a socket, in milliseconds.',
    example: '2000',
    default: 5_000,
    min: 250,
    max: 3_600_000,
  }),
  maxConnections: wholeNumber({
    variable: 'MAX_CONNECTIONS',
    meaning: 'The most connections at a time: WebSockets and event streams.',
    example: '1000',
    default: 50,
    min: 1,
    max: 100_000,
  }),
  maxConnectionsPerAddress: wholeNumber({
    variable: 'MAX_CONNECTIONS_PER_ADDRESS',
    meaning: 'The most of them from one address (IPv6: from one /64).',
    example: '30',
    default: 10,
    min: 1,
    max: 100_000,
  }),
  maxConnectionAgeMs: wholeNumber({
    variable: 'MAX_CONNECTION_AGE_MS',
    meaning: 'The age at which a socket is renewed; each ends at 80 to 100 % of it.',
    example: '900000',
    default: 1_800_000,
    min: 1_000,
    max: 7 * DAY_MS,
  }),
  maxBytesPerSecond: wholeNumber({
    variable: 'MAX_BYTES_PER_SECOND',
    meaning: 'The most bytes of updates a second to one connection, on average.',
    example: '250000',
    default: 1_000_000,
    min: 1_000,
    max: 1_000_000_000_000,
  }),
  pingIntervalMs: wholeNumber({
    variable: 'PING_INTERVAL_MS',
    meaning: 'The time between two pings; never more than 5/12 of `STALE_AFTER_MS`.',
    example: '15000',
    default: 25_000,
    min: 100,
    max: DAY_MS,
  }),
  staleAfterMs: wholeNumber({
    variable: 'STALE_AFTER_MS',
    meaning: 'A socket from which nothing is heard for so long is closed.',
    example: '30000',
    default: 60_000,
    min: 500,
    max: DAY_MS,
  }),
  drainMs: wholeNumber({
    variable: 'DRAIN_MS',
    meaning: 'Over how long the sockets are closed on SIGTERM; the exit follows within a second.',
    example: '10000',
    default: 1_500,
    min: 0,
    max: 600_000,
  }),
  allowedOrigins: list({
    variable: 'ALLOWED_ORIGINS',
    meaning:
      'Whose pages may read: origins, `https://*.example.com`, or `*`. The own host always may; outside production, loopback too.',
    form: 'origins separated by commas, like https://app.example.com or https://*.example.com, or *',
    example: 'https://app.example.com,https://*.example.com',
    accepts: isOriginPattern,
  }),
  embedAncestors: list({
    variable: 'EMBED_ANCESTORS',
    meaning: 'Whose pages may show `/embed` in a frame, beside the own ones: origins, or `*`.',
    form: 'origins separated by commas, like https://app.example.com or https://*.example.com, or *',
    example: 'https://wiki.example.com',
    accepts: isOriginPattern,
  }),
  trustProxy: list({
    variable: 'TRUST_PROXY',
    meaning: 'Whose word on the client address counts: `railway`, `render`, or address ranges.',
    form: 'railway, render, or address ranges separated by commas',
    example: 'railway',
    accepts: (entry) => entry === 'railway' || entry === 'render' || isAddressRange(entry),
  }),
  ingestTokens: list({
    variable: 'INGEST_TOKENS',
    meaning: 'Bearer tokens that may report runs; not set: loopback only, nobody in production.',
    form: 'tokens of 16 or more letters, digits and -._~+/= separated by commas',
    example: 'a-long-random-token-1,a-long-random-token-2',
    secret: true,
    accepts: isToken,
  }),
  ingestMaxBytes: wholeNumber({
    variable: 'INGEST_MAX_BYTES',
    meaning: 'The largest report after decompression, in bytes.',
    example: '33554432',
    default: 8_388_608,
    min: 1_024,
    max: 268_435_456,
  }),
  retainEventsDays: wholeNumber({
    variable: 'RETAIN_EVENTS_DAYS',
    meaning: 'How long the events are kept as they came, in days.',
    example: '30',
    default: 7,
    min: 1,
    max: 3_650,
  }),
  retainRunsDays: wholeNumber({
    variable: 'RETAIN_RUNS_DAYS',
    meaning:
      'How long runs are kept after their end or last sign of life, in days; the newest 90 of a job always are.',
    example: '90',
    default: 30,
    min: 1,
    max: 3_650,
  }),
  viewTokens: list({
    variable: 'VIEW_TOKENS',
    meaning: 'Bearer tokens that may watch; with neither these nor a secret, watching is open.',
    form: 'tokens of 16 or more letters, digits and -._~+/= separated by commas',
    example: 'a-long-random-token-3',
    secret: true,
    accepts: isToken,
  }),
  viewJwtSecret: optionalText({
    variable: 'VIEW_JWT_SECRET',
    meaning: 'The secret (HS256) of expiring tokens that may watch.',
    form: 'a text of 32 or more characters',
    example: 'a-random-secret-of-32-characters-or-more',
    secret: true,
    accepts: (value) => value.length >= 32,
  }),
  metricsToken: optionalText({
    variable: 'METRICS_TOKEN',
    meaning: 'The Bearer token of `/metrics`; not set: direct peers in private networks only.',
    form: 'a token of 16 or more letters, digits and -._~+/=',
    example: 'a-long-random-token-4',
    secret: true,
    accepts: isToken,
  }),
  logLevel: oneOf({
    variable: 'LOG_LEVEL',
    meaning: 'How much is logged.',
    example: 'debug',
    default: 'info',
    words: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
  }),
} as const

function isPostgresUrl(value: string): boolean {
  return /^postgres(ql)?:\/\/\S+$/.test(value) && URL.canParse(value)
}

function isOriginPattern(entry: string): boolean {
  if (entry === '*') return true
  const probe = entry.replace('://*.', '://any.')
  // A star anywhere else would be part of a host name to URL, and match no page ever.
  if (!/^https?:\/\/[^*]+[^*.]$/.test(probe)) return false
  return URL.canParse(probe) && new URL(probe).origin === probe
}

function isAddressRange(entry: string): boolean {
  // Written out in full: ipaddr takes "1" for 0.0.0.1, where the operator meant a number of hops.
  const address = entry.replace(/\/\d+$/, '')
  const isFull = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address)
  return isFull && (address === entry || ipaddr.isValidCIDR(entry))
}

function isToken(entry: string): boolean {
  return /^[A-Za-z0-9\-._~+/=]{16,}$/.test(entry)
}
