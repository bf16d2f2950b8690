import { spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { UnsupportedPlatformError, errorCode } from './errors.js'

/** On POSIX a command sees nothing of our environment, so that no secret of ours reaches Postgres. */
const POSIX_ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/** How long to wait for output after the exit; on Windows Postgres keeps the pipe open for ever. */
const LAST_OUTPUT_MS = 100

/** Who runs a command, where, and for how long. */
export interface CommandOptions {
  /** `null` runs it as ourselves. */
  readonly user: { readonly uid: number; readonly gid: number } | null
  /** A folder that the user can enter. */
  readonly cwd: string
  /** After this long the command is killed; its `exitCode` is then `null`. */
  readonly timeoutMs: number
}

/** How a command ended. */
export interface CommandResult {
  readonly exitCode: number | null
  /** Both streams, as they came. */
  readonly output: string
}

/**
 * Runs one of Postgres's commands to its end.
 *
 * @throws UnsupportedPlatformError when the file is there and yet cannot be run (another libc).
 * @throws the spawn error otherwise, as `EACCES` when the user cannot enter `cwd`.
 */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const child = spawn(file, args, {
    cwd: options.cwd,
    timeout: options.timeoutMs,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    ...(process.platform !== 'win32' && { env: POSIX_ENVIRONMENT }),
    ...(options.user !== null && { uid: options.user.uid, gid: options.user.gid }),
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  }).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOEXEC') throw error
    throw new UnsupportedPlatformError(`This machine cannot run ${file}`, { cause: error })
  })
  await Promise.race([closed, delay(LAST_OUTPUT_MS)])
  child.stdout.destroy()
  child.stderr.destroy()
  return { exitCode, output: Buffer.concat(chunks).toString() }
}
