import { spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/server/database/embedded-postgres.js'
import { migrateToLatest } from '../../src/server/database/migrate-to-latest.js'
import { openDatabase } from '../../src/server/database/open-database.js'
import { TEMPLATE_DATABASE } from './template-database.js'

let postgres: EmbeddedPostgres | undefined
let dataDir: string | undefined

/** Starts one throw-away cluster for the whole run. */
export async function setup(project: TestProject): Promise<void> {
  dataDir = await mkdtemp(join(tmpdir(), 'pipecast-test-'))
  await chmod(dataDir, 0o755) // as root the server runs as another user, who has to get in
  clearUpWhenKilled(dataDir)
  postgres = await startEmbeddedPostgres({
    dataDir,
    durable: false,
    settings: { max_connections: '200', wal_level: 'minimal', max_wal_senders: '0' },
  })
  await createTemplate(postgres.connectionString)
  project.provide('postgresUrl', postgres.connectionString)
}

/** Stops the cluster and removes all of it. */
export async function teardown(): Promise<void> {
  await postgres?.stop()
  if (dataDir !== undefined) await rm(dataDir, { recursive: true })
}

async function createTemplate(adminUrl: string): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl })
  await admin.connect()
  await admin.query(`CREATE DATABASE ${TEMPLATE_DATABASE}`)

  const templateUrl = new URL(adminUrl)
  templateUrl.pathname = TEMPLATE_DATABASE
  const database = openDatabase({ connectionString: templateUrl.href, poolMax: 1 })
  await migrateToLatest(database.kysely)
  await database.close()

  // A database with sessions cannot be copied: this keeps it copyable at any moment.
  await admin.query(`ALTER DATABASE ${TEMPLATE_DATABASE} ALLOW_CONNECTIONS false`)
  await admin.end()
}

/**
 * A killed run never reaches its teardown. So a process of its own waits for our end, at which its
 * stdin closes, and then ends the server, if one is left, and removes the folder.
 */
function clearUpWhenKilled(directory: string): void {
  const script = `
    const { readdirSync, readFileSync, rmSync } = require('node:fs')
    const directory = ${JSON.stringify(directory)}
    process.stdin.resume().on('end', () => {
      try {
        const home = directory + '/' + readdirSync(directory).find((name) => name.startsWith('postgres-'))
        process.kill(parseInt(readFileSync(home + '/data/postmaster.pid', 'utf8')), 'SIGQUIT')
      } catch (error) {
        if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error
      }
      rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
    })`
  const watcher = spawn(process.execPath, ['-e', script], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watcher.unref()
  if (watcher.stdin instanceof Socket) watcher.stdin.unref()
}
