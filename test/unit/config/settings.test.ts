import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/server/config/load-config.js'
import { list, oneOf, optionalText, wholeNumber } from '../../../src/server/config/setting.js'

const about = { variable: 'X', meaning: 'A test.', example: '1' }

function isAccepted(variable: string, value: string): boolean {
  try {
    loadConfig({ [variable]: value })
    return true
  } catch {
    return false // loadConfig throws nothing but ConfigError; its own tests prove that
  }
}

describe('wholeNumber', () => {
  const setting = wholeNumber({ ...about, default: 5, min: 3, max: 10 })

  it('[config] includes both bounds, and nothing beyond', () => {
    expect(setting.parse('2')).toBeUndefined()
    expect(setting.parse('3')).toBe(3)
    expect(setting.parse('10')).toBe(10)
    expect(setting.parse('11')).toBeUndefined()
  })

  it.each(['', '5.0', '5e0', '+5', '-5', '0x5', '5ms', '5 5', '٥', 'NaN', 'Infinity'])(
    '[config] takes %j for no whole number',
    (text) => {
      expect(setting.parse(text)).toBeUndefined()
    },
  )

  it('[config] takes no number that a double could not hold exactly', () => {
    const wide = wholeNumber({ ...about, default: 0, min: 0, max: Number.MAX_VALUE })

    expect(wide.parse('9'.repeat(15))).toBe(999_999_999_999_999)
    expect(wide.parse('9'.repeat(16))).toBeUndefined()
  })
})

describe('the bounds of the settings', () => {
  it.each([
    ['PORT', 0, 65_535],
    ['DATABASE_POOL_MAX', 1, 1_000],
    ['DATABASE_TIMEOUT_MS', 100, 600_000],
    ['BROADCAST_INTERVAL_MS', 250, 3_600_000],
    ['MAX_CONNECTIONS', 1, 100_000],
    ['MAX_CONNECTIONS_PER_ADDRESS', 1, 100_000],
    ['MAX_CONNECTION_AGE_MS', 1_000, 604_800_000],
    ['PING_INTERVAL_MS', 100, 86_400_000],
    ['STALE_AFTER_MS', 500, 86_400_000],
    ['DRAIN_MS', 0, 600_000],
    ['INGEST_MAX_BYTES', 1_024, 268_435_456],
  ])('[config] %s is from %i to %i, both included', (variable, min, max) => {
    expect(isAccepted(variable, String(min - 1))).toBe(false)
    expect(isAccepted(variable, String(min))).toBe(true)
    expect(isAccepted(variable, String(max))).toBe(true)
    expect(isAccepted(variable, String(max + 1))).toBe(false)
  })
})

describe('oneOf', () => {
  it('[config] takes a word as it is written, and no other', () => {
    const setting = oneOf({ ...about, default: 'on', words: ['on', 'off'] })

    expect(setting.parse('off')).toBe('off')
    expect(setting.parse('OFF')).toBeUndefined()
    expect(setting.parse('of')).toBeUndefined()
  })
})

describe('optionalText', () => {
  it('[config] is no secret unless it says so', () => {
    const setting = optionalText({ ...about, form: 'a text', accepts: (text) => text === 'a' })

    expect(setting.secret).toBe(false)
    expect(setting.parse('a')).toBe('a')
    expect(setting.parse('b')).toBeUndefined()
  })
})

describe('list', () => {
  const setting = list({ ...about, form: 'letters', accepts: (entry) => /^[a-z]$/.test(entry) })

  it('[config] drops spaces and empty entries, and keeps the order', () => {
    expect(setting.parse(' b ,, a ,')).toEqual(['b', 'a'])
    expect(setting.parse('')).toEqual([])
  })

  it.each([',', ' , ', ',,\t,'])('[config] does not take %j, which names nothing', (text) => {
    expect(setting.parse(text)).toBeUndefined()
  })

  it('[config] is refused whole when one entry is', () => {
    expect(setting.parse('a,B')).toBeUndefined()
  })
})

describe('DATABASE_URL', () => {
  it.each(['postgres://h/d', 'postgresql://u:p@h:5432/d?sslmode=require', 'postgres://[::1]/d'])(
    '[config] takes %s',
    (url) => {
      expect(isAccepted('DATABASE_URL', url)).toBe(true)
    },
  )

  it.each([
    'h:5432',
    'mysql://h/d',
    'postgres:h',
    'postgres://',
    'postgres://h/a b',
    '$DATABASE_URL',
  ])('[config] does not take %s', (url) => {
    expect(isAccepted('DATABASE_URL', url)).toBe(false)
  })
})

describe('ALLOWED_ORIGINS', () => {
  it.each([
    '*',
    'https://app.example.com',
    'http://localhost:3000',
    'https://*.example.com',
    'https://*.example.com:8443',
    'https://a.example,https://b.example',
  ])('[origins] takes %s', (origins) => {
    expect(isAccepted('ALLOWED_ORIGINS', origins)).toBe(true)
  })

  it.each([
    'app.example.com',
    '//app.example.com',
    'ftp://app.example.com',
    'https://app.example.com/',
    'https://app.example.com/path',
    'https://APP.example.com',
    'https://app.example.com:443',
    'https://user@app.example.com',
    '*.example.com',
    'null',
    'https://',
  ])('[origins] does not take %s, which no browser sends', (origin) => {
    expect(isAccepted('ALLOWED_ORIGINS', origin)).toBe(false)
  })

  it.each([
    'https://app-*.example.com',
    'https://*.*.example.com',
    'https://app.*',
    'https://*',
    'https://*.',
    'https://a.*.example.com',
  ])('[origins] does not take %s: a star stands for whole subdomains at the front', (origin) => {
    expect(isAccepted('ALLOWED_ORIGINS', origin)).toBe(false)
  })
})

describe('TRUST_PROXY', () => {
  it.each(['railway', 'render', '10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', 'railway,10.0.0.0/8'])(
    '[client address] takes %s',
    (ranges) => {
      expect(isAccepted('TRUST_PROXY', ranges)).toBe(true)
    },
  )

  it.each(['true', 'loopback', '10.0.0.0/33', '10.0.0.0/', '10.0.0', '300.0.0.1', 'heroku', '/8'])(
    '[client address] does not take %s',
    (ranges) => {
      expect(isAccepted('TRUST_PROXY', ranges)).toBe(false)
    },
  )

  it.each(['1', '2', '10/8', '0x0a000001'])(
    '[client address] does not take %s, which would name nobody',
    (ranges) => {
      expect(isAccepted('TRUST_PROXY', ranges)).toBe(false)
    },
  )
})

describe('tokens and secrets', () => {
  it.each(['INGEST_TOKENS', 'VIEW_TOKENS'])('[tokens] %s holds 16 characters or more', (name) => {
    expect(isAccepted(name, 'a'.repeat(15))).toBe(false)
    expect(isAccepted(name, 'a'.repeat(16))).toBe(true)
    expect(isAccepted(name, `${'a'.repeat(16)},${'b'.repeat(15)}`)).toBe(false)
  })

  it('[tokens] hold only what an Authorization header can carry', () => {
    expect(isAccepted('INGEST_TOKENS', 'AZaz09-._~+/====')).toBe(true)
    expect(isAccepted('INGEST_TOKENS', 'with a space in it')).toBe(false)
    expect(isAccepted('INGEST_TOKENS', 'größe-und-länge-16')).toBe(false)
  })

  it('[tokens] VIEW_JWT_SECRET has 32 characters or more', () => {
    expect(isAccepted('VIEW_JWT_SECRET', 's'.repeat(31))).toBe(false)
    expect(isAccepted('VIEW_JWT_SECRET', 's'.repeat(32))).toBe(true)
  })
})
