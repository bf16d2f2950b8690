import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { PipelineStatus } from '../../src/protocol/index.js'
import { serversUnder } from '../support/owner-process.js'
import { report, runEvent } from '../support/reports.js'
import { runServer, startServer } from '../support/server-process.js'
import { openSocket, PIPELINE_STATUS_PATH } from '../support/socket-client.js'
import { createTestDatabase } from '../support/test-database.js'

const BARE = '/api/v1/monitoring/pipeline-status'

describe('bad settings', () => {
  it('production without DATABASE_URL ends with exit code 1 and one clear line', async () => {
    const { exitCode, stdout, stderr } = await runServer({ env: { NODE_ENV: 'production' } })

    expect(exitCode).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^[^\n]*DATABASE_URL is not set[^\n]*\n$/)
  })

  it('are all named at once, in one line, without their secrets', async () => {
    const { exitCode, stderr } = await runServer({
      env: {
        NODE_ENV: 'staging',
        PORT: 'http',
        MAX_CONNECTIONS: '0',
        DATABASE_URL: 'mysql://me:hunter2@db/x',
        VIEW_TOKENS: 'short-secret',
      },
    })

    expect(exitCode).toBe(1)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    for (const name of ['NODE_ENV', 'PORT', 'MAX_CONNECTIONS', 'DATABASE_URL', 'VIEW_TOKENS']) {
      expect(stderr).toContain(name)
    }
    expect(stderr).not.toMatch(/hunter2|short-secret/)
  })

  it('an unknown flag is named, and --help says which there are', async () => {
    const unknown = await runServer({ args: ['--dmeo'] })
    const help = await runServer({ args: ['--help'], env: { NODE_ENV: 'production' } })

    expect(unknown.exitCode).toBe(1)
    expect(unknown.stderr).toContain('--dmeo')
    expect(unknown.stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(help.exitCode).toBe(0)
    expect(help.stdout).toContain('--demo')
    expect(help.stderr).toBe('')
  })

  it('a port that is taken is said in one line', async () => {
    const database = await createTestDatabase()
    onTestFinished(() => database.drop())
    const first = await startServer({ databaseUrl: database.connectionString })
    onTestFinished(() => first.kill())

    const { exitCode, stderr } = await runServer({
      databaseUrl: database.connectionString,
      env: { PORT: new URL(first.url).port },
    })

    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^[^\n]*the port is taken[^\n]*\n$/)
  })
})

describe('a database of another version', () => {
  async function remember(databaseUrl: string, migration: string): Promise<void> {
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    await client.query(`INSERT INTO pipecast.migration VALUES ($1, now()::text)`, [migration])
    await client.end()
  }

  it('[startup] a newer one is served: ready, and reports are taken', async () => {
    const database = await createTestDatabase()
    onTestFinished(() => database.drop())
    await remember(database.connectionString, '9999-newer')

    const server = await startServer({ databaseUrl: database.connectionString })
    onTestFinished(() => server.kill())
    await report(server.url, runEvent('COMPLETE', 'after a rollback'))

    const warnings = server.log.filter((line) => line['newer'] !== undefined)
    expect(warnings).toMatchObject([{ level: 40, newer: ['9999-newer'] }])
  })

  it('[startup] any other ends it with exit code 1 and one clear line', async () => {
    const database = await createTestDatabase()
    onTestFinished(() => database.drop())
    await remember(database.connectionString, '0001-another')

    const { exitCode, stderr } = await runServer({ databaseUrl: database.connectionString })

    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^the database could not be migrated: [^\n]*0001-another[^\n]*\n$/)
  })
})

describe('without DATABASE_URL', () => {
  it('data is kept over a restart, and no Postgres is left behind', {
    timeout: 60_000,
  }, async () => {
    const baseDir = mkdtempSync(join(tmpdir(), 'pipecast-start-'))
    onTestFinished(() => rmSync(baseDir, { recursive: true, maxRetries: 10, retryDelay: 100 }))
    await chmod(baseDir, 0o755) // as root Postgres runs as another user, who has to get in
    const env = { DATA_DIR: join(baseDir, 'data'), NODE_ENV: 'development' }
    const startedAt = performance.now()

    const first = await startServer({ env })
    onTestFinished(() => first.kill())
    const firstStartMs = performance.now() - startedAt
    await report(first.url, runEvent('FAIL', 'kept', 'remember me'))
    const serversMeanwhile = serversUnder(baseDir)
    const firstEnd = await first.stop()
    const serversBetween = serversUnder(baseDir)
    const restartedAt = performance.now()
    const second = await startServer({ env })
    onTestFinished(() => second.kill())
    const secondStartMs = performance.now() - restartedAt
    const data = await second.getJson<PipelineStatus>(BARE)
    const secondEnd = await second.stop()

    console.log(
      `embedded Postgres: ready after ${firstStartMs.toFixed(0)} ms, again after ${secondStartMs.toFixed(0)} ms; exit after ${firstEnd.tookMs.toFixed(0)} and ${secondEnd.tookMs.toFixed(0)} ms`,
    )
    expect(serversMeanwhile.length).toBeGreaterThan(0)
    expect(firstEnd).toMatchObject({ exitCode: 0, signal: null })
    expect(firstEnd.tookMs).toBeLessThan(3_000)
    expect(serversBetween).toEqual([])
    expect(data.sources['kept']?.error).toBe('remember me')
    expect(secondEnd.exitCode).toBe(0)
    expect(serversUnder(baseDir)).toEqual([])
    expect(first.output()).toContain('Pipecast is up.')
    expect(first.output()).not.toMatch(/postgres(ql)?:\/\//)
  })
})

describe('with --demo', () => {
  it('a board of fifteen sources is there within ten seconds, and says that it is one', async () => {
    const database = await createTestDatabase()
    onTestFinished(() => database.drop())
    const startedAt = performance.now()
    const server = await startServer({ databaseUrl: database.connectionString, args: ['--demo'] })
    onTestFinished(() => server.kill())
    const client = await openSocket(server.socketUrl + PIPELINE_STATUS_PATH)

    const full = await client.frame(
      ({ data }) => (data as Partial<PipelineStatus> | undefined)?.totals?.sources === 15,
      { timeoutMs: 10_000 },
    )

    const tookMs = full.receivedAt - startedAt
    console.log(`demo: 15 sources ${tookMs.toFixed(0)} ms after the start`)
    expect(tookMs).toBeLessThan(10_000)
    expect(full.data['demo']).toBe(true)
    expect(Object.keys(full.data['sources'] as object)).toHaveLength(15)
    const position = client.frames.length
    await client.frame(({ type, seq }) => type.endsWith('update') && seq > full.seq, {
      from: position,
      timeoutMs: 15_000, // it lives
    })
    expect((await server.stop()).exitCode).toBe(0)
  })

  it('nobody else claims to be one', async () => {
    const database = await createTestDatabase()
    onTestFinished(() => database.drop())
    const server = await startServer({ databaseUrl: database.connectionString })
    onTestFinished(() => server.kill())
    await report(server.url, runEvent('COMPLETE', `real-${randomUUID()}`))

    const data = await server.getJson<PipelineStatus>(BARE)

    expect(data).not.toHaveProperty('demo')
  })
})
