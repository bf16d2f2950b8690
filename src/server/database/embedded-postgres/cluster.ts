import { randomBytes } from 'node:crypto'
import { appendFile, chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Binaries, commandPath } from './binaries.js'
import { DataDirectoryError, PostgresStartError, errorCode } from './errors.js'
import { runCommand } from './run-command.js'
import type { ServerUser } from './server-user.js'

/** The superuser of every embedded cluster, and the database that we work in. */
export const PIPECAST = 'pipecast'

const INITDB_TIMEOUT_MS = 120_000

/** One database cluster on disk, and who runs it with what. */
export interface Cluster {
  /** Holds the files below; it appears at once and whole. */
  readonly homeDir: string
  readonly binaries: Binaries
  readonly user: ServerUser | null
  readonly password: string
}

/** Where Postgres keeps its data. */
export function pgDataDirOf(homeDir: string): string {
  return join(homeDir, 'data')
}

/** Where Postgres writes its log. */
export function logFileOf(homeDir: string): string {
  return join(homeDir, 'postgres.log')
}

/** Where our settings are; `postgresql.conf` includes them. */
export function settingsFileOf(homeDir: string): string {
  return join(homeDir, 'settings.conf')
}

/**
 * Opens the cluster, creating it when there is none.
 *
 * @throws DataDirectoryError when it belongs to another user.
 * @throws PostgresStartError when initdb fails.
 */
export async function openCluster(parts: Omit<Cluster, 'password'>): Promise<Cluster> {
  let password = await readPassword(parts.homeDir)
  if (password === null) {
    await createCluster(parts)
    password = await readPassword(parts.homeDir)
  }
  if (password === null) throw new DataDirectoryError(`${parts.homeDir} holds no password file`)
  return { ...parts, password }
}

async function readPassword(homeDir: string): Promise<string | null> {
  try {
    return await readFile(join(homeDir, 'password'), 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw new DataDirectoryError(`${homeDir} cannot be read`, { cause: error })
  }
}

/** A crash on the way leaves a draft, never half a cluster; of two processes one wins the rename. */
async function createCluster(parts: Omit<Cluster, 'password'>): Promise<void> {
  const draftDir = `${parts.homeDir}.${randomBytes(4).toString('hex')}`
  try {
    await mkdir(draftDir)
    // Ours: what we write here, no server process can replace by a link. Postgres only passes through.
    await chmod(draftDir, parts.user === null ? 0o700 : 0o711)
    await initialise({ ...parts, homeDir: draftDir })
    await rename(draftDir, parts.homeDir)
  } catch (error) {
    await rm(draftDir, { recursive: true, force: true })
    if (errorCode(error) === 'ENOTEMPTY' || errorCode(error) === 'EEXIST') return
    if (errorCode(error) === 'EACCES' || errorCode(error) === 'EROFS') {
      throw new DataDirectoryError(`${parts.homeDir} cannot be created`, { cause: error })
    }
    throw error
  }
}

async function initialise({ homeDir, binaries, user }: Omit<Cluster, 'password'>): Promise<void> {
  const password = randomBytes(24).toString('hex')
  const pgDataDir = pgDataDirOf(homeDir)
  const passwordForInitdb = join(homeDir, 'password.initdb')
  await writeFile(join(homeDir, 'password'), password, { mode: 0o600 })
  await writeFile(passwordForInitdb, password, { mode: 0o600 })
  await writeFile(logFileOf(homeDir), '', { mode: 0o600 })
  await mkdir(pgDataDir, { mode: 0o700 })
  if (user !== null) {
    for (const path of [passwordForInitdb, logFileOf(homeDir), pgDataDir]) {
      await chown(path, user.uid, user.gid)
    }
  }
  const args = ['-D', pgDataDir, `--username=${PIPECAST}`, `--pwfile=${passwordForInitdb}`]
  args.push('--auth=scram-sha-256', '--encoding=UTF8', '--no-sync', '--no-instructions')
  // The same order of text on every machine, whatever locales it has.
  args.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C')
  const options = { user, cwd: homeDir, timeoutMs: INITDB_TIMEOUT_MS }
  const { exitCode, output } = await runCommand(commandPath(binaries, 'initdb'), args, options)
  await rm(passwordForInitdb)
  if (exitCode !== 0) throw new PostgresStartError('initdb failed', { output })
  await appendFile(join(pgDataDir, 'postgresql.conf'), "\ninclude '../settings.conf'\n")
}
