import type { ErrorCode } from '../../protocol/index.js'

/** What is known of an upgrade request when its admission is decided. */
export interface AdmissionFacts {
  readonly isDraining: boolean
  readonly isOriginAllowed: boolean
  readonly token: 'accepted' | 'not_needed' | 'promised' | 'missing' | 'bad'
  readonly place: 'free' | 'address_limit' | 'at_capacity'
}

/** Why an upgrade is refused, in the form in which a client hears of it. */
export interface Refusal {
  readonly status: 401 | 403 | 429 | 503
  readonly code: ErrorCode
  readonly message: string
  readonly retryAfterMs: number
  /** A browser cannot see the answer to a refused upgrade; this one may be told over a socket. */
  readonly mayBeToldOverSocket: boolean
}

const refusals = {
  draining: refusal(503, 'draining', 'the server is restarting; try again in a moment', 2_000),
  origin: refusal(
    403,
    'origin_not_allowed',
    'pages of this origin may not connect; the operator can name it in ALLOWED_ORIGINS',
    60_000,
  ),
  noToken: refusal(401, 'unauthorized', 'a token is needed: send Authorization: Bearer', 60_000),
  badToken: refusal(401, 'unauthorized', 'the token is not valid or has expired', 60_000),
  address: refusal(
    429,
    'address_limit',
    'too many connections from this address; close one or use the polling endpoint',
    10_000,
    true,
  ),
  full: refusal(
    503,
    'at_capacity',
    'the server is full; use the polling endpoint meanwhile',
    5_000,
    true,
  ),
} as const

/** The last reason: the view that is asked for would be one too many. */
export const TOO_MANY_VIEWS = refusal(
  503,
  'too_many_views',
  'too many different views are listened to; ask for the whole document',
  5_000,
  true,
)

/**
 * Decides whether an upgrade is served.
 *
 * @returns `null` when it is, else the first reason why not, in the order of the contract.
 */
export function decideAdmission(facts: AdmissionFacts): Refusal | null {
  if (facts.isDraining) return refusals.draining
  if (!facts.isOriginAllowed) return refusals.origin
  if (facts.token === 'missing') return refusals.noToken
  if (facts.token === 'bad') return refusals.badToken
  if (facts.place === 'address_limit') return refusals.address
  if (facts.place === 'at_capacity') return refusals.full
  return null
}

function refusal(
  status: Refusal['status'],
  code: ErrorCode,
  message: string,
  retryAfterMs: number,
  mayBeToldOverSocket = false,
): Refusal {
  return { status, code, message, retryAfterMs, mayBeToldOverSocket }
}
