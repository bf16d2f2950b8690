import { InvalidAddressError, resolveEndpoints } from '../endpoints.js'
import { isoDuration, parseDuration } from './duration.js'

/** What was typed. */
export interface RunFlags {
  readonly url?: string
  readonly token?: string
  readonly namespace: string
  readonly every?: string
  readonly cron?: string
  readonly tz?: string
  readonly grace?: string
  readonly maxRuntime?: string
}

/** What to run, and whom to tell. */
export interface RunRequest {
  readonly job: string
  readonly namespace: string
  readonly command: readonly [program: string, ...args: string[]]
  /** The server's address; `null` when nobody can be told, and `complaint` says why. */
  readonly base: string | null
  readonly complaint: string | null
  readonly token: string | undefined
  /** What the job is expected to do, as the server takes it; `null` when nothing was said. */
  readonly expectations: Readonly<Record<string, unknown>> | null
}

/** The command was used wrongly; the message says how to use it. */
export class RunUsageError extends Error {
  override readonly name = 'RunUsageError'
  readonly code = 'RUN_USAGE'
}

const MAX_NAME_LENGTH = 512
const DEFAULT_ADDRESS = 'http://localhost:8000'

/**
 * Reads the arguments. A bad address in an option is wrong usage; one in the environment is not:
 * a job that has always run must not stop because of a setting that is ours.
 *
 * @throws RunUsageError when options contradict each other or cannot be read.
 * @throws InvalidAddressError for a bad `--url`.
 */
export async function readRunRequest(
  job: string,
  command: readonly string[],
  flags: RunFlags,
  env: NodeJS.ProcessEnv,
): Promise<RunRequest> {
  const [program, ...args] = command
  if (program === undefined || program === '') {
    throw new RunUsageError('say what to run: pipecast run <job> -- <command> [args…]')
  }
  return {
    job: readName(job, 'the job'),
    namespace: readName(flags.namespace, 'the namespace'),
    command: [program, ...args],
    ...readServer(flags.url, env['PIPECAST_URL']),
    token: flags.token ?? nonEmpty(env['PIPECAST_TOKEN']),
    expectations: await readExpectations(flags),
  }
}

function readName(name: string, what: string): string {
  if (name !== '' && name.length <= MAX_NAME_LENGTH) return name
  throw new RunUsageError(`${what} needs a name of 1 to ${MAX_NAME_LENGTH} characters`)
}

function readServer(
  option: string | undefined,
  setting: string | undefined,
): Pick<RunRequest, 'base' | 'complaint'> {
  if (option !== undefined) return { base: resolveEndpoints(option).base, complaint: null }
  try {
    return { base: resolveEndpoints(nonEmpty(setting) ?? DEFAULT_ADDRESS).base, complaint: null }
  } catch (error) {
    if (!(error instanceof InvalidAddressError)) throw error
    return { base: null, complaint: `this run is not reported; PIPECAST_URL: ${error.message}` }
  }
}

async function readExpectations(flags: RunFlags): Promise<RunRequest['expectations']> {
  const { every, cron, tz, grace, maxRuntime } = flags
  if (every !== undefined && cron !== undefined) {
    throw new RunUsageError('a job has one schedule: give --every or --cron')
  }
  if (tz !== undefined && cron === undefined) {
    throw new RunUsageError('--tz is the time zone of --cron; give both')
  }
  if (cron !== undefined) await checkCron(cron, tz)
  const schedule =
    cron !== undefined
      ? { cron, timezone: tz ?? 'UTC' }
      : every !== undefined && { interval: readDuration(every, '--every') }
  const expectations = {
    ...(schedule !== false && { schedule }),
    ...(grace !== undefined && { grace: readDuration(grace, '--grace', 0) }),
    ...(maxRuntime !== undefined && { max_runtime: readDuration(maxRuntime, '--max-runtime') }),
  }
  return Object.keys(expectations).length === 0 ? null : expectations
}

function readDuration(text: string, option: string, minMs = 1): string {
  const lengthMs = parseDuration(text)
  if (lengthMs !== null && lengthMs >= minMs) return isoDuration(lengthMs)
  throw new RunUsageError(`${option} ${text}: give a time such as 90s, 5m, 1h30m, 1d or PT1H`)
}

/** Loaded only when it is asked for, since every run waits for what is loaded. */
async function checkCron(expression: string, timezone = 'UTC'): Promise<void> {
  const { Cron } = await import('croner')
  try {
    const next = new Cron(expression, { timezone, mode: '5-part', paused: true }).nextRun()
    if (next !== null && timezone !== '') return
  } catch (error) {
    throw new RunUsageError(unreadable(expression, timezone), { cause: error })
  }
  throw new RunUsageError(unreadable(expression, timezone))
}

function unreadable(expression: string, timezone: string): string {
  return `--cron "${expression}" in "${timezone}": give five fields, such as "30 3 * * *", and with --tz an IANA zone, such as Europe/Riga`
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
