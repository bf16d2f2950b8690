import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { bearerToken, tokenMatcher, viewTokenVerifier } from '../../../src/server/http/tokens.js'

const SECRET = 'a-secret-of-thirty-two-characters-or-so'
const key = new TextEncoder().encode(SECRET)
const refused = { isAccepted: false, expiresAt: null }

const nowSeconds = () => Math.floor(Date.now() / 1000)

function sign(claims: Record<string, unknown>, secret = key, alg = 'HS256'): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(secret)
}

/** A token put together by hand, signed with the right secret. */
function forge(header: string, payload: string): string {
  const signed = [header, payload].map((part) => Buffer.from(part).toString('base64url')).join('.')
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`
}

describe('bearerToken', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['BEARER   abc  ', 'abc'],
    ['Bearer AZaz09-._~+/=', 'AZaz09-._~+/='],
  ])('[tokens] reads %j', (header, token) => {
    expect(bearerToken(header)).toBe(token)
  })

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'abc',
    'Basic abc',
    'Bearer a b',
    'Bearer a,b',
    'Bearerabc',
    ' Bearer a',
  ])('[tokens] finds none in %j', (header) => {
    expect(bearerToken(header)).toBeNull()
  })
})

describe('tokenMatcher', () => {
  const isKnown = tokenMatcher(['first-token-0123456', 'second-token-012345'])

  it('[tokens] knows each of the list, wherever it stands', () => {
    expect(isKnown('first-token-0123456')).toBe(true)
    expect(isKnown('second-token-012345')).toBe(true)
  })

  it.each([
    '',
    'first-token-012345',
    'first-token-01234567',
    'First-token-0123456',
    'x'.repeat(1e6),
  ])('[tokens] does not know what only comes close', (token) => {
    expect(isKnown(token)).toBe(false)
  })

  it('[tokens] knows nothing when the list is empty', () => {
    expect(tokenMatcher([])('')).toBe(false)
  })

  it('[tokens] knows exactly what is on the list', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.string(), (tokens, token) => {
        expect(tokenMatcher(tokens)(token)).toBe(tokens.includes(token))
      }),
    )
  })
})

describe('viewTokenVerifier', () => {
  it('[tokens] is null where watching needs no token', () => {
    expect(viewTokenVerifier([], undefined)).toBeNull()
  })

  it('[tokens] takes a listed token, which does not expire', async () => {
    const verify = viewTokenVerifier(['listed-token-0123'], undefined)!

    expect(await verify('listed-token-0123')).toEqual({ isAccepted: true, expiresAt: null })
    expect(await verify('other-token-01234')).toEqual(refused)
  })

  it('[tokens] takes no JSON Web Token where no secret is set', async () => {
    const verify = viewTokenVerifier(['listed-token-0123'], undefined)!

    expect(await verify(await sign({ exp: nowSeconds() + 60 }))).toEqual(refused)
  })

  it('[tokens] takes a listed token also where a secret is set', async () => {
    const verify = viewTokenVerifier(['listed-token-0123'], SECRET)!

    expect((await verify('listed-token-0123')).isAccepted).toBe(true)
  })
})

describe('viewTokenVerifier, of JSON Web Tokens', () => {
  const verify = viewTokenVerifier([], SECRET)!

  it('[tokens] takes one that is signed and still good, and says until when', async () => {
    const exp = nowSeconds() + 60

    const verdict = await verify(await sign({ exp }))

    expect(verdict).toEqual({ isAccepted: true, expiresAt: new Date(exp * 1000) })
  })

  it('[tokens] refuses one that has expired, also just now', async () => {
    expect(await verify(await sign({ exp: nowSeconds() - 60 }))).toEqual(refused)
    expect(await verify(await sign({ exp: nowSeconds() }))).toEqual(refused)
  })

  it('[tokens] refuses one that is not good yet', async () => {
    const token = await sign({ exp: nowSeconds() + 60, nbf: nowSeconds() + 30 })

    expect(await verify(token)).toEqual(refused)
  })

  it('[tokens] refuses one that never expires by leaving exp out', async () => {
    expect(await verify(await sign({ sub: 'somebody' }))).toEqual(refused)
  })

  it('[tokens] refuses one whose exp is no number', async () => {
    const token = forge('{"alg":"HS256"}', '{"exp":"tomorrow"}')

    expect(await verify(token)).toEqual(refused)
  })

  it('[tokens] refuses one that is signed with another secret', async () => {
    const other = new TextEncoder().encode('another-secret-of-thirty-two-letters')

    expect(await verify(await sign({ exp: nowSeconds() + 60 }, other))).toEqual(refused)
  })

  it.each(['HS384', 'HS512'])('[tokens] refuses %s, even with the right secret', async (alg) => {
    const long = new TextEncoder().encode(SECRET.repeat(2))
    const token = await sign({ exp: nowSeconds() + 60 }, long, alg)

    expect(await viewTokenVerifier([], SECRET.repeat(2))!(token)).toEqual(refused)
  })

  it.each(['none', 'None', 'NONE'])('[tokens] refuses alg %s, signed or not', async (alg) => {
    const token = forge(`{"alg":"${alg}"}`, `{"exp":${nowSeconds() + 60}}`)
    const unsigned = token.slice(0, token.lastIndexOf('.') + 1)

    expect(await verify(token)).toEqual(refused)
    expect(await verify(unsigned)).toEqual(refused)
  })

  it('[tokens] refuses one whose claims were changed after it was signed', async () => {
    const [header, , signature] = (await sign({ exp: nowSeconds() - 60 })).split('.')
    const payload = Buffer.from(`{"exp":${nowSeconds() + 60}}`).toString('base64url')

    expect(await verify(`${header}.${payload}.${signature}`)).toEqual(refused)
  })

  it('[tokens] takes an exp after the end of all dates for one that never comes', async () => {
    const token = await sign({ exp: Number.MAX_SAFE_INTEGER })

    expect(await verify(token)).toEqual({ isAccepted: true, expiresAt: null })
  })

  it.each([
    '',
    '.',
    '..',
    'a.b.c',
    'eyJ.eyJ.eyJ',
    forge('{}', '{}'),
    forge('null', 'null'),
    forge('[]', '[]'),
    forge('{"alg":"HS256"}', 'not JSON'),
    forge('{"alg":"HS256","crit":["x"],"x":1}', '{"exp":9999999999}'),
    forge('{"alg":"HS256","b64":false,"crit":["b64"]}', '{"exp":9999999999}'),
    forge('{"alg":["HS256"]}', '{"exp":9999999999}'),
  ])('[tokens] refuses %j without throwing', async (token) => {
    expect(await verify(token)).toEqual(refused)
  })

  it('[tokens] refuses any text at all, and never throws', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.base64String(), { maxLength: 5 }).map((parts) => parts.join('.')),
    )
    await fc.assert(
      fc.asyncProperty(text, async (token) => {
        expect(await verify(token)).toEqual(refused)
      }),
    )
  })
})
