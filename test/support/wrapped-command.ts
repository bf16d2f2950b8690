import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type pg from 'pg'
import { onTestFinished } from 'vitest'

const CLI_MAIN = join(import.meta.dirname, '..', '..', 'dist', 'src', 'cli', 'main.js')

/** A command to wrap. */
export interface WrappedCommand {
  readonly job?: string
  /** After `--`. */
  readonly command: readonly string[]
  readonly options?: readonly string[]
  /** What it reads; nothing without it. */
  readonly input?: Buffer
  readonly env: Readonly<Record<string, string>>
  /** Whether the wrapper leads a process group of its own. */
  readonly leadsGroup?: boolean
  /** Does something to the wrapper once the command has written something. */
  readonly onOutput?: (wrapper: ChildProcess) => void
}

/** How a wrapper ended, and what it wrote. */
export interface WrapperEnd {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
  readonly tookMs: number
}

/** The words that run a script of the shell. */
export function shell(script: string): readonly string[] {
  return ['sh', '-c', script]
}

/** Starts `pipecast run`. */
export function startWrapped(given: WrappedCommand): ChildProcess {
  const { job = 'job', command, options = [], env } = given
  return spawn(process.execPath, [CLI_MAIN, 'run', job, ...options, '--', ...command], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: [given.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: given.leadsGroup === true,
  })
}

/** Runs `pipecast run` to its end. */
export async function runWrapped(given: WrappedCommand): Promise<WrapperEnd> {
  const startedAt = performance.now()
  const wrapper = startWrapped(given)
  const stdout: Buffer[] = []
  let stderr = ''
  wrapper.stdout?.once('data', () => given.onOutput?.(wrapper))
  wrapper.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk))
  wrapper.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  wrapper.stdin?.end(given.input)
  await once(wrapper, 'close')
  return {
    exitCode: wrapper.exitCode,
    signal: wrapper.signalCode,
    stdout: Buffer.concat(stdout),
    stderr,
    tookMs: performance.now() - startedAt,
  }
}

/**
 * Runs a script of bash, in which `$WRAP job -- …` starts a wrapped command.
 *
 * @returns what it wrote to stdout.
 */
export async function runBash(
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const wrap = `${process.execPath} ${CLI_MAIN} run`
  const child = spawn('bash', ['-c', script], {
    env: { PATH: process.env['PATH'] ?? '', WRAP: wrap, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await once(child, 'close')
  return output
}

/** What the server keeps of a wrapped run. */
export interface WrappedRunRow {
  readonly state: string
  readonly exit_code: number | null
  readonly log_tail: string | null
  readonly error_message: string | null
  readonly rows_written: string | null
  readonly duration_ms: number
}

/** The runs of a job. */
export async function readWrappedRuns(
  pool: pg.Pool,
  job: string,
  namespace = 'default',
): Promise<readonly WrappedRunRow[]> {
  const { rows } = await pool.query<WrappedRunRow>(
    `SELECT state, exit_code, log_tail, error_message, rows_written,
       extract(epoch FROM ended_at - started_at)::float8 * 1000 AS duration_ms
     FROM pipecast.run JOIN pipecast.job ON job.id = run.job_id
     WHERE job.namespace = $1 AND job.name = $2`,
    [namespace, job],
  )
  return rows
}

/** Takes connections and never answers, until the test is over. */
export async function startHangingServer(): Promise<string> {
  const sockets: Socket[] = []
  const hanging: Server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined)) // it is cut off by whoever gives up
  })
  hanging.listen(0, '127.0.0.1')
  await once(hanging, 'listening')
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    hanging.close()
    await once(hanging, 'close')
  })
  return `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`
}

/** An address at which nothing listens. */
export async function deadAddress(): Promise<string> {
  const gone = createServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const { port } = gone.address() as AddressInfo
  gone.close()
  await once(gone, 'close')
  return `http://127.0.0.1:${port}`
}

/** How long something takes, in milliseconds: the middle one of several rounds. */
export async function medianMs(rounds: number, act: () => Promise<unknown>): Promise<number> {
  const taken: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now()
    await act()
    taken.push(performance.now() - startedAt)
  }
  return Math.round(taken.sort((a, b) => a - b)[Math.floor(rounds / 2)]!)
}

/** The most memory that a process ever held, in KiB; 0 when it is gone. */
export function peakMemoryKb(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0)
  } catch {
    return 0
  }
}
