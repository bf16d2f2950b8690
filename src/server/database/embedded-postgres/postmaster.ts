import { chmod, open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { commandPath } from './binaries.js'
import { type Cluster, logFileOf, pgDataDirOf, settingsFileOf } from './cluster.js'
import { PostgresStartError, errorCode } from './errors.js'
import { runCommand } from './run-command.js'

const START_TIMEOUT_SECONDS = 60
const STOP_POLL_MS = 10
const LAST_BREATH_MS = 100
const LOG_LIMIT_BYTES = 1_000_000
const TAIL_LINES = 15

/** What the server says of itself in `postmaster.pid`. */
export interface PidFile {
  readonly pid: number
  readonly port: number
}

/** Reads the text of `postmaster.pid`; `null` while the server has not written all we need. */
export function parsePidFile(text: string): PidFile | null {
  const [pid, , , port] = text.split('\n').map(Number)
  return pid !== undefined && pid > 0 && port !== undefined && port > 0 ? { pid, port } : null
}

/** Reads `postmaster.pid`; `null` when there is none, or not all of it yet. */
export async function readPidFile(cluster: Cluster): Promise<PidFile | null> {
  try {
    return parsePidFile(await readFile(pidFileOf(cluster), 'utf8'))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
}

function pidFileOf(cluster: Cluster): string {
  return join(pgDataDirOf(cluster.homeDir), 'postmaster.pid')
}

/** Whether a process of that id exists, ours or not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false
    if (errorCode(error) === 'EPERM') return true
    throw error
  }
}

/**
 * Removes a `postmaster.pid` that a crash of the machine left behind and whose process id belongs
 * to another program by now, because Postgres would take that program for its own server and
 * refuse to start. Where the process is gone, Postgres clears up by itself, and more carefully.
 */
export async function removeMisleadingPidFile(cluster: Cluster, pid: number): Promise<void> {
  const program = await readFile(`/proc/${pid}/comm`, 'utf8').catch((error: unknown) => {
    const code = errorCode(error)
    if (code === 'ENOENT' || code === 'ESRCH') return 'postgres' // gone, or a system without /proc
    throw error
  })
  if (program.trim() === 'postgres') return
  const current = await readPidFile(cluster)
  if (current?.pid === pid) await rm(pidFileOf(cluster))
}

/**
 * Starts the server and waits until it accepts connections.
 *
 * @param settingsFor - the text of the settings for a port.
 * @returns false when somebody was in the way (the port was taken meanwhile, a sibling starts the
 *   same cluster, or one that crashed has not quite ended): look again, then try again.
 * @throws PostgresStartError on every other failure.
 */
export async function startPostmaster(
  cluster: Cluster,
  settingsFor: (port: number) => string,
): Promise<boolean> {
  const { homeDir, binaries, user } = cluster
  const port = await findFreePort(await readLastPort(homeDir))
  await writeWhole(settingsFileOf(homeDir), settingsFor(port))
  const logFile = logFileOf(homeDir)
  const logStart = await trimLog(logFile)
  const args = ['start', '-w', '-t', String(START_TIMEOUT_SECONDS), '-s']
  args.push('-D', pgDataDirOf(homeDir), '-l', logFile)
  const { exitCode, output } = await runCommand(commandPath(binaries, 'pg_ctl'), args, {
    user,
    cwd: homeDir,
    timeoutMs: (START_TIMEOUT_SECONDS + 5) * 1_000,
  })
  if (exitCode === 0) return true
  const log = await readLog(logFile, logStart)
  if (isPassing(log)) return false
  const tail = log.trimEnd().split('\n').slice(-TAIL_LINES).join('\n')
  throw new PostgresStartError('The embedded Postgres did not start', {
    output: `${tail}\n${output}`,
    logFile,
  })
}

/** Whether a failed start is due to something that passes, judged by Postgres's log. */
export function isPassing(log: string): boolean {
  return /could not create any TCP\/IP sockets|lock file "postmaster\.pid" (already exists|is empty)|pre-existing shared memory block .* is still in use/.test(
    log,
  )
}

/**
 * Asks the server to stop.
 *
 * @param mode - `fast` ends sessions and writes everything down; `immediate` leaves that to the
 *   next start.
 * @param timeoutMs - how long to wait for its end.
 * @returns false when it was still there by then.
 */
export async function stopPostmaster(
  cluster: Cluster,
  mode: 'fast' | 'immediate',
  timeoutMs: number,
): Promise<boolean> {
  const postmaster = await readPidFile(cluster)
  if (postmaster === null) return true
  const args = ['stop', '-W', '-s', '-m', mode, '-D', pgDataDirOf(cluster.homeDir)]
  const options = { user: cluster.user, cwd: cluster.homeDir, timeoutMs }
  await runCommand(commandPath(cluster.binaries, 'pg_ctl'), args, options)
  const isGone = () => !isAlive(postmaster.pid)
  const isDone = async () => (await readPidFile(cluster)) === null || isGone()
  if (!(await holds(isDone, timeoutMs))) return false
  // The file goes just before the process; but where nobody reaps orphans, a zombie stays for ever.
  await holds(isGone, LAST_BREATH_MS)
  return true
}

/** Waits for something to be so; false when time ran out. */
async function holds(
  condition: () => boolean | Promise<boolean>,
  waitMs: number,
): Promise<boolean> {
  const deadlineMs = performance.now() + waitMs
  while (!(await condition())) {
    if (performance.now() > deadlineMs) return false
    await delay(STOP_POLL_MS)
  }
  return true
}

/**
 * A port that was free a moment ago: who starts a server on it must be ready to try another. Best is
 * the last one, because other processes may still look for the server there.
 */
async function findFreePort(lastPort: number): Promise<number> {
  const server = createServer()
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
  await listen(lastPort).catch(() => listen(0))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port was given to us')
  return address.port
}

/** @returns 0 when the server was never started. */
async function readLastPort(homeDir: string): Promise<number> {
  const settings = await readFile(settingsFileOf(homeDir), 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return ''
    throw error
  })
  return Number(/^port = '(\d+)'$/m.exec(settings)?.[1] ?? 0)
}

/** A server that starts at this instant reads the old text or the new, never a part. */
async function writeWhole(path: string, text: string): Promise<void> {
  const draftFile = `${path}.${process.pid}`
  await writeFile(draftFile, text)
  await chmod(draftFile, 0o644) // whatever the umask says, the user of Postgres has to read it
  await rename(draftFile, path)
}

/** @returns where the next line of the log will begin, in bytes. */
async function trimLog(logFile: string): Promise<number> {
  const { size } = await stat(logFile)
  if (size <= LOG_LIMIT_BYTES) return size
  await truncate(logFile)
  return 0
}

async function readLog(logFile: string, start: number): Promise<string> {
  const file = await open(logFile)
  try {
    const { size } = await file.stat()
    const length = Math.max(0, Math.min(size - start, LOG_LIMIT_BYTES))
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}
