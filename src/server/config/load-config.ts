import type { Setting } from './setting.js'
import { settings } from './settings.js'

type ValueOf<S> = S extends Setting<infer T> ? T : never

/** The settings as values: everything that the environment says, read once. */
export type Config = { readonly [Key in keyof typeof settings]: ValueOf<(typeof settings)[Key]> }

/** The environment holds values that cannot be used; `problems` names all of them. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'CONFIG_INVALID'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`cannot start: ${problems.join('; ')}`)
    this.problems = problems
  }
}

/**
 * Reads the configuration. An empty variable counts as not set.
 *
 * @param env - the environment; nothing else is looked at.
 * @throws ConfigError naming every problem at once.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = []
  const values = Object.entries<Setting<unknown>>(settings).map(([key, setting]) => [
    key,
    readSetting(setting, env[setting.variable]?.trim() ?? '', problems),
  ])
  const config = Object.fromEntries(values) as Config
  if (config.nodeEnv === 'production' && !env['DATABASE_URL']?.trim()) {
    problems.push('DATABASE_URL is not set: production uses no substitute for your Postgres')
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}

/**
 * The time between two pings: never so long that a listener could be taken for dead because it
 * was not asked in time.
 *
 * @returns milliseconds; at most 5/12 of the time after which silence is death.
 */
export function effectivePingIntervalMs(config: Config): number {
  return Math.min(config.pingIntervalMs, Math.floor((config.staleAfterMs * 5) / 12))
}

function readSetting(setting: Setting<unknown>, given: string, problems: string[]): unknown {
  const text = given === '' ? setting.defaultText : given
  if (text === '') return setting.parse('') // a list is empty then, a text undefined
  const value = setting.parse(text)
  if (value === undefined) {
    problems.push(
      `${setting.variable}${shown(setting, text)} must be ${setting.form}, for example ${setting.example}`,
    )
  }
  return value
}

/** What was given, as far as a log may hold it. */
function shown({ secret }: Setting<unknown>, text: string): string {
  if (/^[\s,]+$/.test(text)) return ' is set but names nothing: it'
  return secret ? '' : ` "${text.slice(0, 80)}"`
}
