import { createHash, timingSafeEqual } from 'node:crypto'
import { jwtVerify } from 'jose'
import { JOSEError } from 'jose/errors'

/** What a token turned out to be worth. */
export interface TokenVerdict {
  readonly isAccepted: boolean
  /** `null` when it does not expire. */
  readonly expiresAt: Date | null
}

const refused: TokenVerdict = { isAccepted: false, expiresAt: null }

/**
 * The token of an Authorization header.
 *
 * @returns `null` when there is no header, or none of the form `Bearer <token>`.
 */
export function bearerToken(authorization: string | undefined): string | null {
  return /^Bearer +([A-Za-z0-9\-._~+/=]+) *$/i.exec(authorization ?? '')?.[1] ?? null
}

/**
 * Makes the function that tells whether a token is one of a list. It takes the same time whether
 * the first letter is wrong or the last.
 */
export function tokenMatcher(tokens: readonly string[]): (token: string) => boolean {
  const digests = tokens.map(digest)
  return (token) => {
    const given = digest(token)
    // No short cut: how long this takes must not tell which token came close.
    return digests.reduce((isKnown, known) => timingSafeEqual(known, given) || isKnown, false)
  }
}

/**
 * Makes the function that tells what a viewer's token is worth: one of a list, or a JSON Web Token
 * signed with the secret (HS256) that names when it expires.
 *
 * @returns `null` when watching needs no token.
 */
export function viewTokenVerifier(
  tokens: readonly string[],
  jwtSecret: string | undefined,
): ((token: string) => Promise<TokenVerdict>) | null {
  if (tokens.length === 0 && jwtSecret === undefined) return null
  const isListed = tokenMatcher(tokens)
  const key = jwtSecret === undefined ? null : new TextEncoder().encode(jwtSecret)
  return async (token) => {
    if (isListed(token)) return { isAccepted: true, expiresAt: null }
    return key === null ? refused : verifyJwt(token, key)
  }
}

async function verifyJwt(token: string, key: Uint8Array): Promise<TokenVerdict> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      requiredClaims: ['exp'],
    })
    const expiresAt = new Date((payload.exp ?? 0) * 1000)
    // An instant after the last one that a Date can hold is a way to say "never".
    return { isAccepted: true, expiresAt: Number.isNaN(expiresAt.getTime()) ? null : expiresAt }
  } catch (error) {
    if (error instanceof JOSEError) return refused
    throw error
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
