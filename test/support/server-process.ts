import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

const root = join(import.meta.dirname, '..', '..')
const READY_TIMEOUT_MS = 30_000
const INTERRUPT_POLL_MS = 5

/** One line of the server's log. */
export interface LogLine {
  readonly msg: string
  readonly [member: string]: unknown
}

/** How to start the built server. */
export interface ServerProcessOptions {
  /** Without one the server starts its embedded Postgres. */
  readonly databaseUrl?: string
  /** More settings; they win. */
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** Whether to wait until it is ready, and not only until it listens. Default true. */
  readonly untilReady?: boolean
}

/** How a process ended. */
export interface ProcessEnd {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** How long it took from the signal, in milliseconds. */
  readonly tookMs: number
}

/** The built server as a process of its own. */
export interface ServerProcess {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string
  /** `ws://127.0.0.1:<port>`. */
  readonly socketUrl: string
  readonly pid: number
  /** The log, parsed, in the order in which it was written. */
  readonly log: readonly LogLine[]
  /** Everything that it wrote, stdout and stderr. */
  output(): string
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>
  getJson<T>(path: string, headers?: Readonly<Record<string, string>>): Promise<T>
  /** Resolves with the first log line that matches; looks at the past too. */
  logged(matches: (line: LogLine) => boolean, timeoutMs: number): Promise<LogLine>
  signal(signal: NodeJS.Signals): void
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<ProcessEnd>
  /** Ends it whatever it does; for teardown. */
  kill(): Promise<void>
}

/**
 * Runs the server to its own end, as with bad settings.
 *
 * @param interruptWhen - asked again and again; once it says so, the server gets a SIGINT.
 */
export async function runServer(
  options: ServerProcessOptions,
  interruptWhen: () => boolean = () => false,
): Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawnServer(options)
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const asking = setInterval(() => {
    if (!interruptWhen()) return
    clearInterval(asking)
    child.kill('SIGINT')
  }, INTERRUPT_POLL_MS)
  await once(child, 'close')
  clearInterval(asking)
  return { exitCode: child.exitCode, stdout, stderr }
}

/**
 * Starts the built server on a free port of 127.0.0.1.
 *
 * @throws Error with everything that it wrote, when it ends or is not ready in time.
 */
export async function startServer(options: ServerProcessOptions): Promise<ServerProcess> {
  const child = spawnServer(options)
  const log: LogLine[] = []
  let output = ''
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  if (child.stdout === null) throw new Error('the server has no stdout')
  createInterface({ input: child.stdout }).on('line', (line) => {
    output += `${line}\n`
    if (line.startsWith('{')) log.push(JSON.parse(line) as LogLine)
    child.emit('logged')
  })
  const logged = async (matches: (line: LogLine) => boolean, timeoutMs: number) => {
    const giveUp = AbortSignal.timeout(timeoutMs)
    for (;;) {
      const found = log.find(matches)
      if (found !== undefined) return found
      if (hasEnded(child) || giveUp.aborted) throw new Error(`not logged:\n${output}`)
      await once(child, 'logged', { signal: giveUp }).catch(() => undefined)
    }
  }
  const kill = async () => {
    if (hasEnded(child)) return
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  child.once('close', () => child.emit('logged'))
  try {
    const { url } = await logged(({ msg }) => msg === 'listening', READY_TIMEOUT_MS)
    if (options.untilReady ?? true) await untilReady(String(url), () => output)
    return assemble(child, { url: String(url), log, output: () => output, logged, kill })
  } catch (error) {
    await kill()
    throw error
  }
}

type Assembled = Pick<ServerProcess, 'url' | 'log' | 'output' | 'logged' | 'kill'>

function assemble(child: ChildProcess, parts: Assembled): ServerProcess {
  const get: ServerProcess['get'] = (path, headers) =>
    fetch(`${parts.url}${path}`, headers === undefined ? {} : { headers })
  return {
    ...parts,
    socketUrl: parts.url.replace('http', 'ws'),
    pid: child.pid ?? 0,
    get,
    getJson: async <T>(path: string, headers?: Readonly<Record<string, string>>) =>
      (await (await get(path, headers)).json()) as T,
    signal: (signal) => {
      child.kill(signal)
    },
    stop: async () => {
      const startedAt = performance.now()
      const closed = once(child, 'close') // by then the last line of the log is here too
      child.kill('SIGTERM')
      await once(child, 'exit')
      const tookMs = performance.now() - startedAt
      await closed
      return { exitCode: child.exitCode, signal: child.signalCode, tookMs }
    },
  }
}

function spawnServer(options: ServerProcessOptions): ChildProcess {
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOST: '127.0.0.1',
    PORT: '0',
    NODE_ENV: 'test',
    ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
    ...options.env,
  }
  const main = join(root, 'dist', 'src', 'server', 'main.js')
  return spawn(process.execPath, [main, ...(options.args ?? [])], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function untilReady(url: string, output: () => string): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  while (performance.now() < deadline) {
    const response = await fetch(`${url}/api/v1/public/ready`).catch((cause: unknown) => {
      throw new Error(`the server is gone:\n${output()}`, { cause })
    })
    await response.arrayBuffer()
    if (response.status === 200) return
    await delay(50)
  }
  throw new Error(`the server did not become ready:\n${output()}`)
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
