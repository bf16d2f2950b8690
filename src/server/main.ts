import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import { type App, type AppOptions, createApp } from './app.js'
import { type Config, loadConfig } from './config/load-config.js'
import { createLog } from './observability/create-log.js'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './database/embedded-postgres.js'

const USAGE = `Usage: npm start -- [--demo]

Serves live pipeline status. Settings are read from the environment; see .env.example.

  --demo   also report the runs of fifteen made-up sources
  --help   show this
`

/** The time beyond DRAIN_MS in which the process ends, whatever hangs. */
const EXIT_PATIENCE_MS = 1_400
/** An embedded Postgres that is just starting can be stopped when it is up, and no sooner. */
const POSTGRES_START_PATIENCE_MS = 10_000
const OLDEST_SUPPORTED_NODE = 22
const PARENT_CHECK_MS = 500
/** What asks a process to end, whoever sends it: a terminal, npm, a platform. */
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Signals that come within this time are one wish. */
const SAME_SIGNAL_MS = 1_000

await main().catch(fail)

async function main(): Promise<void> {
  const flags = readFlags()
  const config = loadConfig(process.env)
  const log = createLog(config.logLevel)
  if (Number.parseInt(process.versions.node, 10) < OLDEST_SUPPORTED_NODE) {
    log.warn({ node: process.version }, 'this Node.js gets no more security fixes; use 24')
  }
  const running: Running = {}
  const grace = endWithGrace(config, log, () => close(running))
  stopWithParent()
  try {
    if (config.databaseUrl === undefined) running.embedded = startEmbedded(config, log)
    const embedded = await running.embedded
    if (grace.isEnding()) return
    const databaseUrl = config.databaseUrl ?? embedded?.connectionString ?? ''
    await serve({ config, databaseUrl, isDemo: flags.demo, log }, running, grace.isEnding)
  } catch (error) {
    if (grace.isEnding()) return // of that, and the end is under way
    grace.uninstall()
    await close(running).catch((cause: unknown) => {
      log.warn({ reason: (cause as Error).message }, 'not everything was closed in order')
    })
    fail(error)
  }
}

/** What has to be closed, as soon as it has begun. */
interface Running {
  embedded?: Promise<EmbeddedPostgres>
  app?: App
}

/** Whatever becomes of the application, no Postgres is left behind: not even one just starting. */
async function close(running: Running): Promise<void> {
  try {
    await running.app?.close()
  } finally {
    const embedded = await running.embedded?.catch(() => undefined) // main() tells, unless all ends anyway
    await embedded?.stop()
  }
}

async function serve(
  options: Pick<AppOptions, 'config' | 'databaseUrl' | 'isDemo' | 'log'>,
  running: Running,
  isEnding: () => boolean,
): Promise<void> {
  const { config, isDemo, log } = options
  const builtPagesDir = fileURLToPath(new URL('../..', import.meta.url))
  const app = await createApp({ ...options, version: readVersion(), builtPagesDir })
  if (isEnding()) return
  running.app = app
  const { url, started } = await app.listen()
  const database = config.databaseUrl === undefined ? 'embedded' : 'configured'
  log.info({ url, database }, 'listening')
  await started
  if (config.nodeEnv !== 'production') process.stdout.write(welcome(url, isDemo))
}

/**
 * Ends in order on a signal, and, with exit code 1, on an error that nobody caught. One Ctrl-C comes
 * several times under npm: from the terminal, from npm, and when the shell in between is gone. Only
 * one that comes later is from somebody who will not wait.
 */
function endWithGrace(
  config: Config,
  log: Logger,
  close: () => Promise<void>,
): { readonly uninstall: () => void; readonly isEnding: () => boolean } {
  let endingSince: number | undefined
  const startPatienceMs = config.databaseUrl === undefined ? POSTGRES_START_PATIENCE_MS : 0
  const delay = config.drainMs + EXIT_PATIENCE_MS + startPatienceMs
  const grace = closeWithGrace(
    { delay, logger: log, skip: [...ENDING_SIGNALS] },
    async ({ signal, err }) => {
      endingSince ??= performance.now()
      if (err !== undefined) log.fatal({ stack: err.stack }, 'unexpected error; closing')
      else if (signal !== undefined) log.info({ signal }, 'closing')
      await close()
      log.info('closed')
    },
  )
  const end = (signal: NodeJS.Signals) => {
    const isRepeated = endingSince !== undefined
    endingSince ??= performance.now()
    if (!isRepeated) {
      log.info({ signal }, 'closing')
      grace.close()
    } else if (performance.now() - endingSince > SAME_SIGNAL_MS) {
      log.error({ signal }, 'told again to end; exiting at once')
      process.exit(1)
    }
  }
  for (const signal of ENDING_SIGNALS) process.on(signal, end)
  const uninstall = () => {
    grace.uninstall()
    for (const signal of ENDING_SIGNALS) process.removeListener(signal, end)
  }
  return { uninstall, isEnding: () => endingSince !== undefined }
}

function readFlags(): { readonly demo: boolean } {
  const { values } = parseArgs({
    options: { demo: { type: 'boolean', default: false }, help: { type: 'boolean' } },
  })
  if (values.help === true) {
    process.stdout.write(USAGE)
    process.exit(0)
  }
  return values
}

function startEmbedded({ dataDir }: Config, log: Logger): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir, log: (line) => log.info(line) })
}

function readVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** npm does not pass SIGTERM on; whoever was started by it ends when it does. */
function stopWithParent(): void {
  if (process.env['npm_lifecycle_event'] === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, PARENT_CHECK_MS)
  timer.unref()
}

function welcome(url: string, isDemo: boolean): string {
  return `
  Pipecast is up.   ${url}/

  Watch it          npx pipecast watch ${url}
  Prove it          npx pipecast verify ${url}
  Report a run      curl ${url}/api/v1/lineage -H 'Content-Type: application/json' -d '{"eventType":"COMPLETE","eventTime":"${new Date().toISOString()}","run":{"runId":"${crypto.randomUUID()}"},"job":{"name":"my-first-job"}}'
${isDemo ? '' : '  See it live       npm start -- --demo\n'}
  Ctrl-C stops it.

`
}

/** One clear line for what a person can mend; the stack only for what they cannot. */
function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? explain(error) : String(error)}\n`)
  process.exit(1)
}

function explain(error: Error): string {
  const { code } = error as { code?: unknown }
  if (code === 'EADDRINUSE') return 'the port is taken: set PORT to a free one, or 0 for any'
  if (code === 'EACCES') return 'this user may not listen there: set PORT to one above 1023'
  return typeof code === 'string' ? error.message : (error.stack ?? error.message)
}
