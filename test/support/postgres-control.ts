import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  copyBinaries,
  ensureLibraryLinks,
  locateBinaries,
} from '../../src/server/database/embedded-postgres/binaries.js'
import {
  type Cluster,
  openCluster,
  PIPECAST,
} from '../../src/server/database/embedded-postgres/cluster.js'
import { resolveHomeDirectory } from '../../src/server/database/embedded-postgres/home-directory.js'
import {
  startPostmaster,
  stopPostmaster,
} from '../../src/server/database/embedded-postgres/postmaster.js'
import { renderServerSettings } from '../../src/server/database/embedded-postgres/server-settings.js'
import { canReach } from '../../src/server/database/embedded-postgres/server-user.js'

const STOP_TIMEOUT_MS = 10_000

/** A Postgres of a test's own, to be stopped and started under the feet of a server. */
export interface ControlledPostgres {
  readonly connectionString: string
  /** Starts it again, on the port that it had. */
  start(): Promise<void>
  /** Stops it, cutting off every session. */
  stop(): Promise<void>
  /** Stops it and removes all of it. */
  remove(): Promise<void>
}

/** Makes a Postgres in a folder of its own and starts it. */
export async function startControlledPostgres(): Promise<ControlledPostgres> {
  const baseDir = await mkdtemp(join(tmpdir(), 'pipecast-outage-'))
  await chmod(baseDir, 0o755) // as root the server runs as another user, who has to get in
  const cluster = await createCluster(baseDir)
  let port: number | undefined
  const start = async () => {
    const isStarted = await startPostmaster(cluster, (freePort) => {
      port ??= freePort
      return renderServerSettings({ port, isDurable: false, preload: [], extra: {} })
    })
    if (!isStarted) throw new Error('something was in the way of Postgres')
  }
  const stop = async () => {
    if (await stopPostmaster(cluster, 'fast', STOP_TIMEOUT_MS)) return
    throw new Error('Postgres does not stop')
  }
  await start()
  return {
    connectionString: `postgres://${PIPECAST}:${cluster.password}@127.0.0.1:${port ?? 0}/postgres`,
    start,
    stop,
    remove: async () => {
      await stop()
      await rm(baseDir, { recursive: true, maxRetries: 10, retryDelay: 100 })
    },
  }
}

async function createCluster(dataDir: string): Promise<Cluster> {
  const shipped = locateBinaries(process.platform, process.arch)
  const { homeDir, parentDir, user } = await resolveHomeDirectory(dataDir, 'postgres')
  const isUsable =
    (await ensureLibraryLinks(shipped.nativeDir)) && (await canReach(shipped.nativeDir, user))
  const binaries = isUsable ? shipped : await copyBinaries(shipped, parentDir)
  return openCluster({ homeDir, user, binaries })
}
