import { once } from 'node:events'
import { chmod, chown, mkdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { DataDirectoryError } from '../../src/server/database/embedded-postgres/errors.js'
import { type Sandbox, createSandbox, queryOnce } from '../support/embedded-postgres-sandbox.js'
import { buildOwnerScript, serversUnder } from '../support/owner-process.js'

let ownerScript: string
let sandbox: Sandbox

const ownerSessions = `SELECT pid FROM pg_stat_activity WHERE application_name = 'pipecast owner'`

beforeAll(async () => {
  ownerScript = await buildOwnerScript('test-owner-sharing')
})

beforeEach(async () => {
  sandbox = await createSandbox(ownerScript)
})

afterEach(async () => {
  await sandbox.cleanUp()
})

describe('owners', () => {
  it('share a server, and the last one stops it', async () => {
    const first = sandbox.own()
    const up = await first.next('up')
    const second = await sandbox.start()

    expect(second.adopted).toBe(true)
    expect(second.connectionString).toBe(up.connectionString)
    first.send('stop')
    await first.next('stopped')
    expect(await queryOnce(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await second.stop()
    expect(serversUnder(sandbox.dataDir)).toEqual([])
  })

  it('that were killed do not count', async () => {
    const killed = sandbox.own()
    await killed.next('up')
    const survivor = await sandbox.start()
    await killed.kill()

    await survivor.stop()

    expect(serversUnder(sandbox.dataDir)).toEqual([])
  })

  it('that leave and come at the same time always end with a server that works', async () => {
    for (let round = 0; round < 3; round++) {
      const leaving = await sandbox.start()

      const [, coming] = await Promise.all([leaving.stop(), sandbox.start()])

      expect(await queryOnce(coming, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
      await coming.stop()
    }
    expect(serversUnder(sandbox.dataDir)).toEqual([])
  })

  it('cannot join a server that its last owner is stopping', async () => {
    const killed = sandbox.own()
    const up = await killed.next('up')
    const [lock] = await queryOnce(up, `SELECT objid FROM pg_locks WHERE locktype = 'advisory'`)
    await killed.kill()
    const url = new URL(up.connectionString)
    url.pathname = 'postgres' // where owners meet: such a lock counts in one database only
    const lastOwner = new pg.Client({ connectionString: url.href })
    lastOwner.on('error', () => undefined)
    await lastOwner.connect()
    await lastOwner.query('SELECT pg_advisory_lock($1)', [lock?.['objid']])

    const coming = sandbox.start()
    const first = await Promise.race([coming.then(() => 'joined'), delay(1_000, 'still waiting')])
    await lastOwner.end()

    expect(first).toBe('still waiting')
    expect((await coming).adopted).toBe(true)
  })

  it('count again after Postgres has restarted all sessions', async () => {
    const owner = await sandbox.start()
    const [lost] = await queryOnce(owner, ownerSessions)
    process.kill(Number(lost?.['pid']), 'SIGKILL')
    const haveRejoined = async () => {
      const sessions = await queryOnce(owner, ownerSessions)
      expect(sessions).toHaveLength(1)
      expect(sessions).not.toContainEqual(lost)
    }
    await vi.waitFor(haveRejoined, { timeout: 10_000, interval: 200 })
    const other = await sandbox.start()

    await other.stop()

    expect(await queryOnce(owner, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

describe('a server that ends by itself', () => {
  it('is started again on its port, once for all its owners, with every acknowledged commit', async () => {
    const owners = [await sandbox.start(), await sandbox.start()] as const
    await queryOnce(owners[0], 'CREATE TABLE kept AS SELECT 7 AS seven')
    for (const pid of serversUnder(sandbox.dataDir)) process.kill(pid, 'SIGKILL')

    const kept = await vi.waitFor(() => queryOnce(owners[1], 'TABLE kept'), {
      timeout: 20_000,
      interval: 200,
    })

    expect(kept).toEqual([{ seven: 7 }])
    await vi.waitFor(
      async () => expect(await queryOnce(owners[1], ownerSessions)).toHaveLength(2),
      { timeout: 10_000, interval: 200 },
    )
    expect(sandbox.lines.filter((line) => line.includes('started it again'))).toHaveLength(1)
    await owners[0].stop()
    expect(await queryOnce(owners[1], 'TABLE kept')).toEqual([{ seven: 7 }])
    await owners[1].stop()
    expect(serversUnder(sandbox.dataDir)).toEqual([])
  })
})

describe('a server that is started anew', () => {
  it('has its old port, where those who shared it still look for it', async () => {
    const sharing = await sandbox.start()
    await queryOnce(sharing, 'CREATE TABLE kept AS SELECT 7 AS seven')
    for (const pid of serversUnder(sandbox.dataDir)) process.kill(pid, 'SIGKILL')

    const { connectionString } = await sandbox.own().next('up')

    expect(connectionString).toBe(sharing.connectionString)
    expect(await queryOnce(sharing, 'TABLE kept')).toEqual([{ seven: 7 }])
  })

  it('has another one where its old one is taken', async () => {
    const before = await sandbox.start()
    await before.stop()
    const inTheWay = createServer().listen(
      Number(new URL(before.connectionString).port),
      '127.0.0.1',
    )
    await once(inTheWay, 'listening')
    onTestFinished(() => void inTheWay.close())

    const after = await sandbox.start()

    expect(after.connectionString).not.toBe(before.connectionString)
    expect(await queryOnce(after, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

const isRoot = process.getuid?.() === 0

describe.skipIf(!isRoot)('as root', () => {
  it('runs the server as another user', async () => {
    await sandbox.start()

    const [pid] = serversUnder(sandbox.dataDir)

    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    expect(status).not.toMatch(/^Uid:\t0\t/m)
  })

  it('moves to where that user can go when the data folder lies in a 0700 home, and stays there', async () => {
    await chmod(sandbox.baseDir, 0o700)
    const before = await sandbox.start()
    await queryOnce(before, 'CREATE TABLE kept AS SELECT 42 AS answer')
    await before.stop()
    const location = await readFile(join(sandbox.dataDir, 'postgres-18.location'), 'utf8')

    const after = await sandbox.start()

    expect(location).not.toContain(sandbox.baseDir)
    expect(await queryOnce(after, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
    expect(serversUnder(location)).toHaveLength(1)
    await after.stop()
    await rm(location, { recursive: true })
  })

  it('lets that user read what it has to, whatever the umask', async () => {
    await mkdir(sandbox.dataDir)
    const owner = sandbox.own(['sh', '-c', 'umask 077; exec "$@"', 'sh'])

    const up = await owner.next('up')

    expect(await queryOnce(up, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect(serversUnder(sandbox.dataDir)).toHaveLength(1)
  })

  it('refuses to start an empty database beside one that became unreachable', async () => {
    const before = await sandbox.start()
    await before.stop()
    await chmod(sandbox.baseDir, 0o700)

    const failure = await sandbox.start().catch((error: unknown) => error)

    expect(failure).toBeInstanceOf(DataDirectoryError)
    expect(String(failure)).toContain('can no longer enter')
  })
})

const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']

describe.skipIf(!isRoot || process.platform !== 'linux')('as an ordinary user', () => {
  it('runs the server as that user, and root later on too', async () => {
    await mkdir(sandbox.dataDir)
    await chown(sandbox.dataDir, 65534, 65534)
    const owner = sandbox.own(NOBODY)

    await owner.next('up')
    const [pid] = serversUnder(sandbox.dataDir)
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    owner.send('stop')
    await owner.next('stopped')
    await sandbox.start()

    expect(status).toMatch(/^Uid:\t65534\t/m)
    expect(await readFile(`/proc/${serversUnder(sandbox.dataDir)[0]}/status`, 'utf8')).toMatch(
      /^Uid:\t65534\t/m,
    )
  })

  it('says what to do with a cluster that belongs to somebody else', async () => {
    const server = await sandbox.start()
    await server.stop()
    const owner = sandbox.own(NOBODY)

    await expect(owner.next('up')).rejects.toThrow('start as the user that owns it')
  })
})
