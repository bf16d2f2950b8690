import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { CommandEnd } from './command-end.js'
import { progressEvent, type RunIdentity, terminalEvent } from './lineage-event.js'
import { LogTail } from './log-tail.js'
import { createPatience } from './patience.js'
import { createReporter, type Reporter } from './reporter.js'
import type { RunRequest } from './run-request.js'
import { createScratch, type Scratch } from './scratch.js'
import { createSignalRelay } from './signal-relay.js'
import { forwardSignals, type SignalSource } from './signals.js'
import { type OutputStream, type RunningCommand, startCommand } from './start-command.js'

/** The world round a wrapped command. */
export interface RunSurroundings {
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly env: NodeJS.ProcessEnv
  readonly signals: SignalSource
  /** Whether a terminal's keys reach the command without us. */
  readonly isInForeground: () => boolean
  /** Shorter times, for tests. */
  readonly times?: RunTimes
}

/** How a wrapped command ended. */
export interface WrappedEnd {
  readonly end: CommandEnd
  /** Whether readers took all of the output; what they did not take would keep this process alive. */
  readonly isOutputPassed: boolean
}

/** How long things take, in milliseconds. */
export interface RunTimes {
  /** From one sign of life to the next. */
  readonly heartbeatMs: number
  /** How long reporting may hold the end of the command. */
  readonly budgetMs: number
}

/** The budget leaves room for our own start, so that all in all no more than 5 s are lost. */
const TIMES: RunTimes = { heartbeatMs: 30_000, budgetMs: 4_500 }

/** The end is reported with the log as it is then, should the reader of our output be slow. */
const LOG_WAIT_MS = 1_000

const MAX_LAST_ERROR_LENGTH = 500

const OUTPUT_CUT = 'a signal came before all of the output had been read; the rest is lost'

/**
 * Runs a command and reports it. What the command does, writes and returns is the same without us:
 * a server that is away, slow or refuses costs one line on stderr and less than 5 s.
 */
export async function run(request: RunRequest, around: RunSurroundings): Promise<WrappedEnd> {
  const scratch = createScratch()
  try {
    return await runWith(scratch, request, around)
  } finally {
    scratch.remove()
    tell(around.stderr, [scratch.trouble()])
  }
}

async function runWith(
  scratch: Scratch,
  request: RunRequest,
  around: RunSurroundings,
): Promise<WrappedEnd> {
  const { job, namespace } = request
  const identity: RunIdentity = { runId: randomUUID(), namespace, job }
  const log = new LogTail()
  const errors = new LogTail()
  const startedAt = Date.now()
  const startedMs = performance.now()
  // A clock that is set meanwhile must not change how long the run took.
  const now = () => startedAt + Math.round(performance.now() - startedMs)
  const command = start({ request, around, scratch, identity, log, errors })
  const reporter = openReporter(request, around, identity, { startedAt, now })
  const relay = createSignalRelay(command)
  const patience = createPatience()
  patience.gone.addEventListener('abort', () => reporter?.abandon(), { once: true })
  let isOver = false
  // When the command is over, a terminal's keys have nobody else to speak to.
  const isHeardThere = () => !isOver && around.isInForeground()
  const stopForwarding = forwardSignals(around.signals, isHeardThere, (signal) => {
    if (isOver) patience.hear(signal)
    else relay.pass(signal)
  })
  const end = await command.ended
  isOver = true
  relay.close()
  const endedAt = now()
  const passed = command.outputPassed(patience.gone)
  await Promise.race([passed, atMost(LOG_WAIT_MS, patience.short)])
  const records = scratch.readRecords()
  const lastError = errors.lastLine(MAX_LAST_ERROR_LENGTH)
  const terminal = terminalEvent(identity, {
    end,
    endedAt,
    logTail: log.text(),
    lastError,
    records,
  })
  const complaint = await reporter?.close(terminal)
  const isOutputPassed = await passed
  stopForwarding()
  patience.close()
  const cut = isOutputPassed ? null : OUTPUT_CUT
  tell(around.stderr, [startFailure(end, request), request.complaint, complaint, cut])
  return { end, isOutputPassed }
}

interface Parts {
  readonly request: RunRequest
  readonly around: RunSurroundings
  readonly scratch: Scratch
  readonly identity: RunIdentity
  readonly log: LogTail
  readonly errors: LogTail
}

function start({ request, around, scratch, identity, log, errors }: Parts): RunningCommand {
  const keepError = errors.writer()
  const keepLog = log.writer()
  return startCommand({
    command: request.command,
    env: {
      ...around.env,
      PIPECAST_RUN_ID: identity.runId,
      PIPECAST_JOB: identity.job,
      ...(scratch.recordsFile === null ? {} : { PIPECAST_RECORDS: scratch.recordsFile }),
    },
    stdout: { stream: around.stdout, keep: log.writer() },
    stderr: {
      stream: around.stderr,
      keep: (chunk) => {
        keepLog(chunk)
        keepError(chunk)
      },
    },
    openPipes: scratch.openPipes,
  })
}

function openReporter(
  { base, token, namespace, job, expectations }: RunRequest,
  { times = TIMES }: RunSurroundings,
  identity: RunIdentity,
  { startedAt, now }: { readonly startedAt: number; readonly now: () => number },
): Reporter | null {
  if (base === null) return null
  const reporter = createReporter({ base, token, ...times })
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/jobs/${encodeURIComponent(job)}`
  reporter.open({
    start: progressEvent(identity, 'START', startedAt),
    heartbeat: () => progressEvent(identity, 'RUNNING', now()),
    ...(expectations === null ? {} : { expectations: { path, body: expectations } }),
  })
  return reporter
}

/** Resolves after a time, or at once on the signal. */
async function atMost(waitMs: number, signal: AbortSignal): Promise<void> {
  await delay(waitMs, undefined, { ref: false, signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

function startFailure(end: CommandEnd, { command }: RunRequest): string | null {
  return end.kind === 'not-started' ? `${command[0]}: ${end.reason}` : null
}

function tell(stderr: OutputStream, lines: readonly (string | null | undefined)[]): void {
  for (const line of lines) if (typeof line === 'string') stderr.write(`pipecast: ${line}\n`)
}
