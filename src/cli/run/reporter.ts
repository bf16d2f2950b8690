import { Agent } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import { type Delivery, deliver, type Line } from './deliver.js'
import { createLookup } from './resolve-host.js'
import { type Message, sendJson } from './send-json.js'

/** Where to report, and how long it may take. */
export interface ReporterOptions {
  /** The server's address, without a trailing slash. */
  readonly base: string
  readonly token: string | undefined
  readonly heartbeatMs: number
  /** How long reporting may hold the end of the command, in milliseconds. */
  readonly budgetMs: number
}

/** What is said at the start. */
export interface Opening {
  readonly start: object
  /** The event that says that the run goes on. */
  readonly heartbeat: () => object
  /** What the job is expected to do, and where to say so; absent when nothing was said. */
  readonly expectations?: { readonly path: string; readonly body: object }
}

/** Tells a server about one run. It never throws: a job does not fail because of us. */
export interface Reporter {
  readonly open: (opening: Opening) => void
  /**
   * Says how it ended, and waits for the start to arrive too; the order does not matter to the
   * server.
   *
   * @returns what could not be said, in one line; `null` when all has arrived.
   */
  readonly close: (terminal: object) => Promise<string | null>
  /** Gives up at once whatever is still under way. */
  readonly abandon: () => void
}

/** One request may take this long, in milliseconds. */
const ATTEMPT_MS = 5_000

/** What became of an end for which no time was left. */
const NEVER_TRIED: Delivery = { kind: 'unanswered', why: 'given up before its end was sent' }

/** Opens the line to a server; nothing is sent yet. */
export function createReporter(options: ReporterOptions): Reporter {
  const closed = new AbortController()
  const hurry = new AbortController()
  const agentOptions = { keepAlive: true }
  const isSecure = options.base.startsWith('https:')
  const agent = isSecure ? new SecureAgent(agentOptions) : new Agent(agentOptions)
  const line: Line = {
    transport: {
      token: options.token,
      agent,
      lookup: createLookup(closed.signal),
      signal: closed.signal,
      timeoutMs: ATTEMPT_MS,
    },
    hurry: hurry.signal,
    random: Math.random,
    hasAnswered: false,
  }
  const event = (body: object): Message => ({
    method: 'POST',
    url: `${options.base}/api/v1/lineage`,
    body,
  })
  let opened: readonly Promise<Delivery>[] = []
  let stopHeartbeats: () => void = () => undefined
  const end = () => {
    closed.abort()
    agent.destroy()
  }
  return {
    open: ({ start, heartbeat, expectations }) => {
      const started = deliver(event(start), line)
      opened = [started, ...expected(expectations, options.base, line)]
      stopHeartbeats = beat(options.heartbeatMs, started, async () => {
        await sendJson(event(heartbeat()), line.transport)
      })
    },
    close: async (terminal) => {
      stopHeartbeats()
      hurry.abort()
      const deadline = setTimeout(end, options.budgetMs)
      const [start, expectations, last] = await Promise.all([
        opened[0],
        opened[1],
        closed.signal.aborted ? NEVER_TRIED : deliver(event(terminal), line),
      ])
      clearTimeout(deadline)
      end()
      return complaint(options.base, { events: [last, start], expectations })
    },
    abandon: end,
  }
}

function expected(
  expectations: Opening['expectations'],
  base: string,
  line: Line,
): readonly Promise<Delivery>[] {
  if (expectations === undefined) return []
  const { path, body } = expectations
  return [deliver({ method: 'PUT', url: `${base}${path}`, body }, line)]
}

/** Heartbeats begin when the start has arrived; one that is lost is made good by the next. */
function beat(everyMs: number, started: Promise<Delivery>, send: () => Promise<void>): () => void {
  let hasStarted = false
  let isUnderWay = false
  void started.then(({ kind }) => {
    hasStarted = kind === 'delivered'
  })
  const done = () => {
    isUnderWay = false
  }
  const timer = setInterval(() => {
    if (!hasStarted || isUnderWay) return
    isUnderWay = true
    send().then(done, done)
  }, everyMs)
  return () => clearInterval(timer)
}

interface Outcomes {
  /** The most telling first. */
  readonly events: readonly (Delivery | undefined)[]
  readonly expectations: Delivery | undefined
}

function complaint(base: string, { events, expectations }: Outcomes): string | null {
  const [lost] = events.flatMap((event) => (event?.kind === 'delivered' ? [] : (event ?? [])))
  if (lost !== undefined) return `this run could not be reported to ${base}: ${lost.why}`
  if (expectations === undefined || expectations.kind === 'delivered') return null
  const isOld = expectations.kind === 'refused' && expectations.status === 404
  const why = isOld ? 'this server is too old for it' : expectations.why
  return `the job's schedule could not be set at ${base}: ${why}`
}
