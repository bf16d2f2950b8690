import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import {
  type Binaries,
  copyBinaries,
  ensureLibraryLinks,
  locateBinaries,
  shipsExtension,
} from './embedded-postgres/binaries.js'
import { type Cluster, PIPECAST, logFileOf, openCluster } from './embedded-postgres/cluster.js'
import { PostgresStartError, errorCode } from './embedded-postgres/errors.js'
import { type HomeDirectory, resolveHomeDirectory } from './embedded-postgres/home-directory.js'
import { joinOwners, keepOwnership } from './embedded-postgres/owner-session.js'
import { startPostmaster, stopPostmaster } from './embedded-postgres/postmaster.js'
import { renderServerSettings } from './embedded-postgres/server-settings.js'
import { canReach } from './embedded-postgres/server-user.js'

const UP_TIMEOUT_MS = 60_000
const LOOK_AGAIN_MS = 50
const FAST_STOP_MS = 1_500
const IMMEDIATE_STOP_MS = 1_000

/** How to run a Postgres of our own. */
export interface EmbeddedPostgresOptions {
  /** The data folder (DATA_DIR); created when missing. Every major version has its own cluster in it. */
  readonly dataDir: string
  /** false gives up safety for speed, for throw-away clusters. Default true. */
  readonly durable?: boolean
  /** More server settings by name. A server that runs already keeps the ones it was started with. */
  readonly settings?: Readonly<Record<string, string>>
  /** Told what happens, in one line each; never a password. */
  readonly log?: (line: string) => void
}

/** A running Postgres of our own. */
export interface EmbeddedPostgres {
  /** Leads to the database `pipecast` as its superuser. Holds the password: never log it. */
  readonly connectionString: string
  /** The server ran already: another process owns it too, or one that crashed left it behind. */
  readonly adopted: boolean
  /**
   * Stops the server, unless another owner is left. Bounded (about 3 s at worst) and idempotent;
   * close the pools first, because open sessions are cut off.
   */
  stop(): Promise<void>
}

/**
 * Starts Postgres in the data folder, or joins the one that runs there, and starts it again should
 * it end by itself. It outlives our process when that is killed; the next start adopts it. Processes
 * that share a data folder share the server, and the last one to call `stop` stops it.
 *
 * @throws UnsupportedPlatformError when there are no binaries for this machine.
 * @throws DataDirectoryError when the data folder cannot be used.
 * @throws PostgresStartError when Postgres does not start; the message carries its last words.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined)
  const shipped = locateBinaries(process.platform, process.arch)
  const home = await resolveHomeDirectory(options.dataDir, `postgres-${parseInt(shipped.version)}`)
  const binaries = await prepareBinaries(shipped, home, log)
  const cluster = await openCluster({ homeDir: home.homeDir, user: home.user, binaries })
  const settings = await settingsFor(binaries, options)
  const { client, port, adopted } = await bringUp(cluster, settings)
  await createDatabase(client)
  log(`${adopted ? 'joined' : 'started'} Postgres in ${cluster.homeDir} on 127.0.0.1:${port}`)

  const ownership = keepOwnership(cluster, client, createReviver(cluster, settings(port), log))
  const stop = async () => {
    const left = await ownership.leave()
    if (left === 'last') await stopServer(cluster, log)
    else
      log(
        left === 'shared'
          ? 'Postgres stays up for its other owner'
          : 'Postgres cannot be asked who else needs it: left as it is',
      )
  }
  let stopping: Promise<void> | undefined
  return {
    connectionString: `postgres://${PIPECAST}:${cluster.password}@127.0.0.1:${port}/${PIPECAST}`,
    adopted,
    stop: () => (stopping ??= stop()),
  }
}

async function prepareBinaries(
  shipped: Binaries,
  home: HomeDirectory,
  log: (line: string) => void,
): Promise<Binaries> {
  const isUsable =
    (await ensureLibraryLinks(shipped.nativeDir)) && (await canReach(shipped.nativeDir, home.user))
  if (isUsable) return shipped
  const copy = await copyBinaries(shipped, home.parentDir)
  log(`Postgres runs from a copy in ${copy.nativeDir}: the installed one is out of its reach`)
  return copy
}

async function settingsFor(
  binaries: Binaries,
  options: EmbeddedPostgresOptions,
): Promise<(port: number) => string> {
  const preload = (await shipsExtension(binaries, 'pg_stat_statements'))
    ? ['pg_stat_statements']
    : []
  const isDurable = options.durable ?? true
  const extra = options.settings ?? {}
  return (port) => renderServerSettings({ port, isDurable, preload, extra })
}

/** Postgres itself is the lock between processes that start at once: one server gets the folder. */
async function bringUp(
  cluster: Cluster,
  settings: (port: number) => string,
): Promise<{ client: pg.Client; port: number; adopted: boolean }> {
  const deadlineMs = performance.now() + UP_TIMEOUT_MS
  let adopted = true
  let reason = ''
  while (performance.now() < deadlineMs) {
    const found = await joinOwners(cluster)
    if (found.state === 'joined') return { client: found.client, port: found.port, adopted }
    reason = found.reason
    if (found.state === 'absent' && (await startPostmaster(cluster, settings))) adopted = false
    else await delay(LOOK_AGAIN_MS)
  }
  throw new PostgresStartError(
    `A Postgres seems to run in ${cluster.homeDir}, and yet it does not let us in; if none does, remove data/postmaster.pid in there`,
    { output: reason, logFile: logFileOf(cluster.homeDir) },
  )
}

/** Starts a server that has ended, on its old port, where everybody looks for it. */
function createReviver(
  cluster: Cluster,
  settings: string,
  log: (line: string) => void,
): () => Promise<void> {
  let said = ''
  return async () => {
    try {
      if (await startPostmaster(cluster, () => settings)) {
        said = ''
        log(`Postgres in ${cluster.homeDir} had ended by itself: started it again`)
      }
    } catch (error) {
      const line = `Postgres in ${cluster.homeDir} has ended: ${(error as Error).message}`
      if (line !== said) log(line) // once for a hundred attempts in vain
      said = line
    }
  }
}

async function createDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [PIPECAST])
  if (rowCount !== 0) return
  try {
    await client.query(`CREATE DATABASE ${PIPECAST}`)
  } catch (error) {
    // duplicate_database, or the same found a moment later: another owner was faster.
    if (errorCode(error) !== '42P04' && errorCode(error) !== '23505') throw error
  }
}

async function stopServer(cluster: Cluster, log: (line: string) => void): Promise<void> {
  const isStopped =
    (await stopPostmaster(cluster, 'fast', FAST_STOP_MS)) ||
    (await stopPostmaster(cluster, 'immediate', IMMEDIATE_STOP_MS))
  log(isStopped ? 'stopped Postgres' : `Postgres in ${cluster.homeDir} is slow to stop`)
}
