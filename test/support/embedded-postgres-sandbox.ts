import { mkdtempSync, rmSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/server/database/embedded-postgres.js'
import { type OwnerProcess, serversUnder, startOwner } from './owner-process.js'

/** A folder in which one test starts servers, and from which nothing is left afterwards. */
export interface Sandbox {
  /** Holds the data folder; anybody may enter it. */
  readonly baseDir: string
  readonly dataDir: string
  /** What the servers of `start` logged. */
  readonly lines: readonly string[]
  /** Starts or joins a server in this process. */
  start(settings?: Record<string, string>): Promise<EmbeddedPostgres>
  /** Starts or joins one in a process of its own; `prefix` as in `startOwner`. */
  own(prefix?: readonly string[]): OwnerProcess
  /** Ends all that is left, and removes the folder. */
  cleanUp(): Promise<void>
}

/** @param ownerScript - from `buildOwnerScript`. */
export async function createSandbox(ownerScript: string): Promise<Sandbox> {
  const baseDir = mkdtempSync(join(tmpdir(), 'pipecast-embedded-'))
  await chmod(baseDir, 0o755)
  const dataDir = join(baseDir, '.data')
  const servers: EmbeddedPostgres[] = []
  const owners: OwnerProcess[] = []
  const lines: string[] = []
  return {
    baseDir,
    dataDir,
    lines,
    async start(settings = {}) {
      const log = (line: string) => lines.push(line)
      const server = await startEmbeddedPostgres({ dataDir, settings, log })
      servers.push(server)
      return server
    },
    own(prefix) {
      const owner = startOwner(ownerScript, dataDir, prefix)
      owners.push(owner)
      return owner
    },
    async cleanUp() {
      await Promise.all(owners.map((owner) => owner.kill()))
      await Promise.all(servers.map((server) => server.stop()))
      for (const pid of serversUnder(baseDir)) process.kill(pid, 'SIGKILL')
      rmSync(baseDir, { recursive: true, maxRetries: 10, retryDelay: 100 })
    },
  }
}

/** Runs one statement on a connection of its own. */
export async function queryOnce(
  server: { readonly connectionString: string },
  text: string,
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: server.connectionString })
  client.on('error', () => undefined) // a session that is cut off rejects its query as well
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}
