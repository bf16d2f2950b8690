import { describe, expect, it } from 'vitest'
import {
  type Config,
  ConfigError,
  effectivePingIntervalMs,
  loadConfig,
} from '../../../src/server/config/load-config.js'
import { settings } from '../../../src/server/config/settings.js'

/** The problems of an environment; fails when it has none. */
function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  throw new Error('the environment has no problem')
}

/** What the contract promises where nothing is set. */
const PROMISED: Partial<Config> = {
  host: '0.0.0.0',
  port: 8000,
  nodeEnv: 'development',
  databaseUrl: undefined,
  databasePoolMax: 5,
  databaseTimeoutMs: 5_000,
  dataDir: '.data',
  broadcastIntervalMs: 5_000,
  maxConnections: 50,
  maxConnectionsPerAddress: 10,
  maxConnectionAgeMs: 1_800_000,
  pingIntervalMs: 25_000,
  staleAfterMs: 60_000,
  drainMs: 1_500,
  allowedOrigins: [],
  trustProxy: [],
  ingestTokens: [],
  ingestMaxBytes: 8_388_608,
  viewTokens: [],
  viewJwtSecret: undefined,
  logLevel: 'info',
}

const DEFAULTS = loadConfig({})

describe('loadConfig', () => {
  it('[config] needs nothing: the defaults are those of the contract', () => {
    expect(loadConfig({})).toMatchObject(PROMISED)
  })

  it('[config] takes an empty variable, or one of blanks, for one that is not set', () => {
    const variables = Object.values(settings).map(({ variable }) => variable)
    const empty = Object.fromEntries(variables.map((variable) => [variable, '']))
    const blank = Object.fromEntries(variables.map((variable) => [variable, ' \t']))

    expect(loadConfig(empty)).toEqual(DEFAULTS)
    expect(loadConfig(blank)).toEqual(DEFAULTS)
  })

  it('[config] drops spaces round a value', () => {
    expect(loadConfig({ PORT: ' 9000\n' }).port).toBe(9000)
  })

  it('[config] looks at no variable that is not declared', () => {
    expect(loadConfig({ PORTS: '1', port: '2' })).toEqual(DEFAULTS)
  })

  it('[config] accepts the example of every setting, and each default as it would be written', () => {
    for (const { variable, example, defaultText } of Object.values(settings)) {
      expect(() =>
        loadConfig({ [variable]: example, DATABASE_URL: 'postgres://h/d' }),
      ).not.toThrow()
      expect(loadConfig({ [variable]: defaultText })).toEqual(DEFAULTS)
    }
  })

  it('[config] declares each variable once', () => {
    const variables = Object.values(settings).map(({ variable }) => variable)

    expect(new Set(variables).size).toBe(variables.length)
  })

  it('[config] names all problems at once, each with its variable, form and an example', () => {
    const problems = problemsOf({ PORT: 'http', NODE_ENV: 'prod', TRUST_PROXY: 'all' })

    expect(problems).toEqual([
      'PORT "http" must be a whole number from 0 to 65535, for example 8000',
      'NODE_ENV "prod" must be one of development, production, test, for example production',
      'TRUST_PROXY "all" must be railway, render, or address ranges separated by commas, for example railway',
    ])
  })

  it('[config] puts all problems into one line, for the one who reads the log', () => {
    const error = new ConfigError(['one', 'two'])

    expect(error.message).toBe('cannot start: one; two')
    expect(error.code).toBe('CONFIG_INVALID')
  })

  it.each([
    ['DATABASE_URL', 'mysql://user:hunter2-secret@host/db'],
    ['INGEST_TOKENS', 'hunter2-secret'],
    ['VIEW_TOKENS', 'good-token-0123456789,hunter2-secret'],
    ['VIEW_JWT_SECRET', 'hunter2-secret'],
  ])('[config] never shows the value of %s', (variable, value) => {
    const problems = problemsOf({ [variable]: value })

    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(variable)
    expect(problems[0]).not.toContain('hunter2')
  })

  it.each(['ALLOWED_ORIGINS', 'EMBED_ANCESTORS', 'TRUST_PROXY', 'INGEST_TOKENS', 'VIEW_TOKENS'])(
    '[config] does not take %s of commas alone for one that is not set, which may mean open',
    (variable) => {
      expect(problemsOf({ [variable]: ',' })).toEqual([
        expect.stringMatching(`^${variable} is set but names nothing: it must be `),
      ])
    },
  )

  it('[config] shows no more than 80 characters of a value', () => {
    const [problem] = problemsOf({ PORT: 'x'.repeat(5_000) })

    expect(problem).toContain(`"${'x'.repeat(80)}"`)
  })
})

describe('loadConfig in production', () => {
  const url = 'postgres://user:password@host:5432/database'

  it.each([{}, { DATABASE_URL: '' }, { DATABASE_URL: '  ' }])(
    '[config] refuses to start without a DATABASE_URL: %j',
    (env) => {
      expect(problemsOf({ NODE_ENV: 'production', ...env })).toEqual([
        'DATABASE_URL is not set: production uses no substitute for your Postgres',
      ])
    },
  )

  it('[config] names a DATABASE_URL that cannot be read once, not also as missing', () => {
    expect(problemsOf({ NODE_ENV: 'production', DATABASE_URL: 'host' })).toHaveLength(1)
  })

  it('[config] names the missing DATABASE_URL beside all other problems', () => {
    expect(problemsOf({ NODE_ENV: 'production', PORT: '-1' })).toHaveLength(2)
  })

  it('[config] starts with one', () => {
    expect(loadConfig({ NODE_ENV: 'production', DATABASE_URL: url }).databaseUrl).toBe(url)
  })

  it.each(['development', 'test'])('[config] does not ask for one in %s', (nodeEnv) => {
    expect(loadConfig({ NODE_ENV: nodeEnv }).databaseUrl).toBeUndefined()
  })
})

describe('effectivePingIntervalMs', () => {
  it.each([
    ['25000', '60000', 25_000],
    ['25001', '60000', 25_000],
    ['24999', '60000', 24_999],
    ['25000', '30000', 12_500],
    ['25000', '501', 208],
  ])('[sign of life] %s ms with silence of %s ms becomes %i ms', (ping, stale, expected) => {
    const config = loadConfig({ PING_INTERVAL_MS: ping, STALE_AFTER_MS: stale })

    expect(effectivePingIntervalMs(config)).toBe(expected)
  })

  it('[sign of life] leaves room for two pings before silence is death, whatever is set', () => {
    for (const stale of ['500', '777', '60000', '86400000']) {
      const config = loadConfig({ PING_INTERVAL_MS: '86400000', STALE_AFTER_MS: stale })

      expect(effectivePingIntervalMs(config) * 2).toBeLessThan(config.staleAfterMs)
      expect(effectivePingIntervalMs(config)).toBeGreaterThan(0)
    }
  })
})
