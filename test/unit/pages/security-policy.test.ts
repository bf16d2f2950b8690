import { describe, expect, it } from 'vitest'
import { securityPolicy } from '../../../src/server/pages/security-policy.js'

const directive = (policy: string, name: string) =>
  policy.split('; ').find((entry) => entry.startsWith(`${name} `))

describe('the policy of a page', () => {
  it('forbids everything that is not named', () => {
    const policy = securityPolicy({ host: 'status.example.com', ancestors: [] })

    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "manifest-src 'self'",
      "connect-src 'self' ws://status.example.com wss://status.example.com",
      "base-uri 'self'",
      "form-action 'none'",
      "frame-ancestors 'self'",
    ])
  })

  it.each(['127.0.0.1:8000', '[::1]:8000', 'localhost', 'STATUS.example.com:443'])(
    'names the sockets of the own host %s',
    (host) => {
      const policy = securityPolicy({ host, ancestors: [] })

      expect(directive(policy, 'connect-src')).toBe(`connect-src 'self' ws://${host} wss://${host}`)
    },
  )

  it.each([
    undefined,
    '',
    "a; script-src 'unsafe-inline'",
    'a b',
    'a,b',
    '*',
    'a/b',
    'user@host',
    'a\r\nb',
    'host:port',
  ])('a Host that is none adds nothing: %j', (host) => {
    const policy = securityPolicy({ host, ancestors: [] })

    expect(directive(policy, 'connect-src')).toBe("connect-src 'self'")
    expect(policy.split('; ')).toHaveLength(9)
  })

  it.each([
    [[], "'self'"],
    [
      ['https://a.example.com', 'https://*.b.example'],
      "'self' https://a.example.com https://*.b.example",
    ],
    [['*'], '*'],
    [['https://a.example.com', '*'], '*'],
  ])('may be framed by %j', (ancestors, sources) => {
    const policy = securityPolicy({ host: 'h', ancestors })

    expect(directive(policy, 'frame-ancestors')).toBe(`frame-ancestors ${sources}`)
  })
})
