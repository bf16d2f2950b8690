import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startEmbeddedPostgres } from '../../src/server/database/embedded-postgres.js'
import { queryOnce } from '../support/embedded-postgres-sandbox.js'
import { serversUnder } from '../support/owner-process.js'
import { runServer } from '../support/server-process.js'

let baseDir: string
let dataDir: string
let env: Record<string, string>

beforeEach(async () => {
  baseDir = mkdtempSync(join(tmpdir(), 'pipecast-cut-short-'))
  await chmod(baseDir, 0o755) // as root Postgres runs as another user, who has to get in
  dataDir = join(baseDir, 'data')
  env = { DATA_DIR: dataDir, NODE_ENV: 'development' }
})

afterEach(() => {
  for (const pid of serversUnder(baseDir)) process.kill(pid, 'SIGKILL')
  rmSync(baseDir, { recursive: true, maxRetries: 10, retryDelay: 100 })
})

/** Makes a database in which the first migration meets a table of its name. */
async function spoilDatabase(): Promise<void> {
  const postgres = await startEmbeddedPostgres({ dataDir })
  await queryOnce(postgres, 'CREATE SCHEMA pipecast')
  await queryOnce(postgres, 'CREATE TABLE pipecast.job ()')
  await postgres.stop()
}

describe('a start that is cut short leaves no Postgres behind', () => {
  it.each([[[]], [['--demo']]])('when the database cannot be migrated (%j)', async (args) => {
    await spoilDatabase()

    const { exitCode, stderr } = await runServer({ env, args })

    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^the database could not be migrated: [^\n]*\n$/)
    expect(serversUnder(baseDir)).toEqual([])
  })

  it('when it is interrupted as soon as Postgres runs', async () => {
    const hasPostgres = () => serversUnder(baseDir).length > 0

    const { exitCode, stdout } = await runServer({ env }, hasPostgres)

    expect(exitCode).toBe(0)
    expect(stdout).not.toContain('Pipecast is up')
    expect(serversUnder(baseDir)).toEqual([])
  })

  it('when it is interrupted before Postgres runs', async () => {
    const { exitCode } = await runServer({ env }, () => existsSync(dataDir))

    expect(exitCode).toBe(0)
    expect(serversUnder(baseDir)).toEqual([])
  })
})
