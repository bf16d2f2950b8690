import { readFile, stat } from 'node:fs/promises'
import { DataDirectoryError, errorCode } from './errors.js'
import { runCommand } from './run-command.js'

/** The system user that Postgres runs as when we are root, because it refuses to run as root. */
export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

const CANDIDATES = ['postgres', '_postgres', 'nobody']
const PROBE_TIMEOUT_MS = 5_000

/**
 * Picks the user for Postgres out of `/etc/passwd`: `postgres` where it exists, else `nobody`.
 *
 * @returns `null` when neither is there.
 */
export function pickServerUser(passwd: string): ServerUser | null {
  const entries = passwd.split('\n').map((line) => line.split(':'))
  for (const name of CANDIDATES) {
    const [, , uid, gid] = entries.find((entry) => entry[0] === name) ?? []
    const user = { uid: Number(uid ?? 0), gid: Number(gid ?? -1) }
    // Some systems give nobody a negative id, which Node cannot switch to.
    if (user.uid > 0 && user.gid >= 0) return user
  }
  return null
}

/**
 * Decides whom Postgres runs as: ourselves, unless we are root; as root the owner of the cluster
 * that is there already, else {@link pickServerUser}.
 *
 * @param pgDataDir - where the cluster is, if there is one.
 * @returns `null` for ourselves.
 * @throws DataDirectoryError when we are root and there is nobody else.
 */
export async function findServerUser(pgDataDir: string): Promise<ServerUser | null> {
  if (process.getuid?.() !== 0) return null
  const owner = await ownerOf(pgDataDir)
  if (owner !== null && owner.uid !== 0) return owner
  const user = pickServerUser(await readFile('/etc/passwd', 'utf8'))
  if (user === null) {
    throw new DataDirectoryError(
      'Postgres refuses to run as root, and this system has neither a user postgres nor nobody',
    )
  }
  return user
}

async function ownerOf(path: string): Promise<ServerUser | null> {
  try {
    const { uid, gid } = await stat(path)
    return { uid, gid }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
}

/**
 * Whether a user can enter a folder, found by trying, so that access lists and mounts count too.
 *
 * @param user - `null` (ourselves) always can.
 */
export async function canReach(directory: string, user: ServerUser | null): Promise<boolean> {
  if (user === null) return true
  // Node enters `cwd` before it switches the user, so the command itself has to try.
  const options = { user, cwd: '/', timeoutMs: PROBE_TIMEOUT_MS }
  const { exitCode } = await runCommand('/bin/sh', ['-c', 'cd "$1"', 'sh', directory], options)
  return exitCode === 0
}
