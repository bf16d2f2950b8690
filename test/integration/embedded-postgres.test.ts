import { spawn } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { EmbeddedPostgres } from '../../src/server/database/embedded-postgres.js'
import {
  DataDirectoryError,
  PostgresStartError,
} from '../../src/server/database/embedded-postgres/errors.js'
import { type Sandbox, createSandbox, queryOnce } from '../support/embedded-postgres-sandbox.js'
import { type OwnerProcess, buildOwnerScript, serversUnder } from '../support/owner-process.js'

let ownerScript: string
let sandbox: Sandbox

beforeAll(async () => {
  ownerScript = await buildOwnerScript('test-owner-starts')
})

beforeEach(async () => {
  sandbox = await createSandbox(ownerScript)
})

afterEach(async () => {
  await sandbox.cleanUp()
})

describe('a first start', () => {
  it('creates a cluster that only this machine can reach, and only with its password', async () => {
    const server = await sandbox.start()

    const [row] = await queryOnce(
      server,
      `SELECT current_database() AS database, current_user AS user,
        current_setting('listen_addresses') AS addresses,
        current_setting('unix_socket_directories') AS sockets, current_setting('fsync') AS fsync,
        (SELECT datlocale FROM pg_database WHERE datname = current_database()) AS locale`,
    )
    const passwordless = new URL(server.connectionString)
    passwordless.password = 'wrong'
    expect(server.adopted).toBe(false)
    expect(row).toEqual({
      database: 'pipecast',
      user: 'pipecast',
      addresses: '127.0.0.1',
      sockets: '',
      fsync: 'on',
      locale: 'C.UTF-8',
    })
    await expect(queryOnce({ connectionString: passwordless.href }, 'SELECT 1')).rejects.toThrow(
      'password authentication failed',
    )
  })

  it('keeps its password in one file that only we can read, and out of every log', async () => {
    const server = await sandbox.start()
    await server.stop()

    const homeDir = join(sandbox.dataDir, 'postgres-18')
    const { mode } = await stat(join(homeDir, 'password'))
    const password = await readFile(join(homeDir, 'password'), 'utf8')
    expect(mode & 0o777).toBe(0o600)
    expect(server.connectionString).toContain(password)
    expect(sandbox.lines.join('\n')).not.toContain(password)
    expect(await readFile(join(homeDir, 'postgres.log'), 'utf8')).not.toContain(password)
    await expect(stat(join(homeDir, 'password.initdb'))).rejects.toThrow('ENOENT')
  })

  it('gives two processes that start at the same instant one server', async () => {
    const [first, second] = [sandbox.own(), sandbox.own()]

    const ups = await Promise.all([first.next('up'), second.next('up')])

    expect(ups[0].connectionString).toBe(ups[1].connectionString)
    expect(ups.filter((up) => up.adopted)).toHaveLength(1)
    expect(serversUnder(sandbox.dataDir)).toHaveLength(1)
  })

  it('says what Postgres complained of and what to do when it does not start', async () => {
    const failure = await sandbox
      .start({ shared_buffers: 'plenty' })
      .catch((error: unknown) => error)

    expect(failure).toBeInstanceOf(PostgresStartError)
    expect(String(failure)).toContain('invalid value for parameter "shared_buffers": "plenty"')
    expect(String(failure)).toContain('DATABASE_URL')
    expect(String(failure)).toContain(join(sandbox.dataDir, 'postgres-18', 'postgres.log'))
  })

  it('says what to do when the data folder cannot be one', async () => {
    await writeFile(sandbox.dataDir, 'a file')

    const failure = await sandbox.start().catch((error: unknown) => error)

    expect(failure).toBeInstanceOf(DataDirectoryError)
    expect(String(failure)).toContain('set DATA_DIR to another folder')
  })
})

describe('a later start', () => {
  it('finds the data again', async () => {
    const before = await sandbox.start()
    await queryOnce(before, 'CREATE TABLE kept AS SELECT 42 AS answer')
    await before.stop()

    const after = await sandbox.start({ max_connections: '17' })

    expect(after.adopted).toBe(false)
    expect(await queryOnce(after, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
    expect(await queryOnce(after, 'SHOW max_connections')).toEqual([{ max_connections: '17' }])
  })

  it('adopts the server of a killed process, with every acknowledged commit', async () => {
    const killed = sandbox.own()
    await killed.next('up')
    await commitFor(killed, 300)
    await killed.kill()

    const heir = await sandbox.start()

    expect(heir.adopted).toBe(true)
    expect(acknowledgedBy(killed).length).toBeGreaterThan(0)
    expect(await numbersIn(heir)).toEqual(expect.arrayContaining(acknowledgedBy(killed)))
    await heir.stop()
    expect(serversUnder(sandbox.dataDir)).toEqual([])
  })

  it('recovers every acknowledged commit when the server was killed as well', async () => {
    const killed = sandbox.own()
    await killed.next('up')
    await commitFor(killed, 300)
    for (const pid of [...serversUnder(sandbox.dataDir), killed.pid]) process.kill(pid, 'SIGKILL')
    await killed.kill()

    const heir = await sandbox.start()

    expect(heir.adopted).toBe(false)
    expect(acknowledgedBy(killed).length).toBeGreaterThan(0)
    expect(await numbersIn(heir)).toEqual(expect.arrayContaining(acknowledgedBy(killed)))
  })

  it('is not misled by a process id that another program has got since a crash', async () => {
    const before = await sandbox.start()
    await before.stop()
    const { uid, gid } = await stat(join(sandbox.dataDir, 'postgres-18', 'data'))
    const stranger = spawn('sleep', ['60'], { uid, gid, stdio: 'ignore' })
    const pidFile = `${stranger.pid}\n${sandbox.dataDir}/postgres-18/data\n1\n1\n\n127.0.0.1\n\nready\n`
    await writeFile(join(sandbox.dataDir, 'postgres-18', 'data', 'postmaster.pid'), pidFile)

    const after = await sandbox.start()

    expect(after.adopted).toBe(false)
    expect(stranger.exitCode).toBeNull()
    stranger.kill()
  })
})

/** Lets an owner commit for a while. */
async function commitFor(owner: OwnerProcess, durationMs: number): Promise<void> {
  owner.send('commit')
  await owner.next('committed')
  await delay(durationMs)
}

/** The numbers whose commit was acknowledged before the owner's end. */
function acknowledgedBy(owner: OwnerProcess): number[] {
  return owner.messages.flatMap((message) => (message.type === 'committed' ? [message.number] : []))
}

async function numbersIn(server: EmbeddedPostgres): Promise<unknown[]> {
  const rows = await queryOnce(server, 'SELECT number FROM acknowledged ORDER BY number')
  return rows.map((row) => row['number'])
}

describe('stop', () => {
  it('ends open sessions, leaves no process behind, and may be called twice', async () => {
    const server = await sandbox.start()
    const open = new pg.Client({ connectionString: server.connectionString })
    open.on('error', () => undefined)
    await open.connect()
    await open.query('BEGIN')

    const startedAt = performance.now()
    await Promise.all([server.stop(), server.stop()])

    expect(performance.now() - startedAt).toBeLessThan(1_500)
    expect(serversUnder(sandbox.dataDir)).toEqual([])
  })

  it('is bounded, even when Postgres hangs', async () => {
    const server = await sandbox.start()
    const [row] = await queryOnce(
      server,
      `SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'`,
    )
    const checkpointer = Number(row?.['pid'])
    process.kill(checkpointer, 'SIGSTOP')

    const startedAt = performance.now()
    await server.stop()

    expect(performance.now() - startedAt).toBeLessThan(3_500)
    expect(sandbox.lines.at(-1)).toContain('is slow to stop')
    process.kill(checkpointer, 'SIGCONT')
  })
})
