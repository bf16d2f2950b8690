import { connect, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { databaseFailure } from '../../../src/server/database/database-error.js'
import { MigrationsDifferError } from '../../../src/server/database/newer-migrations.js'

const withCode = (code: unknown) => Object.assign(new Error('x'), { code })

describe('databaseFailure', () => {
  it.each([
    ['08006', 'connection failure'],
    ['08P01', 'protocol violation'],
    ['53300', 'too many connections'],
    ['57014', 'statement timeout'],
    ['57P01', 'admin shutdown'],
    ['57P03', 'starting up'],
    ['58030', 'I/O error'],
    ['XX000', 'internal error'],
    ['25006', 'read-only after a failover'],
  ])('[reads] %s (%s) may work later', (code) => {
    expect(databaseFailure(withCode(code))).toBe('unavailable')
  })

  it('[reads] 55P03 is a lock that another session keeps', () => {
    expect(databaseFailure(withCode('55P03'))).toBe('locked')
  })

  it.each(['40001', '40P01'])('[reads] %s is a conflict, to be repeated', (code) => {
    expect(databaseFailure(withCode(code))).toBe('conflict')
  })

  it.each(['22001', '22P02', '22P05', '23502', '23505', '23514', '54000'])(
    '[reads] %s is the fault of the values',
    (code) => {
      expect(databaseFailure(withCode(code))).toBe('rejected')
    },
  )

  it.each(['42601', '42P01', '28P01', '3D000', '25001', '0A000', '54001', '40002', 'P0001'])(
    '[reads] %s is a mistake of ours, or of the operator',
    (code) => {
      expect(databaseFailure(withCode(code))).toBe('bug')
    },
  )

  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EPIPE',
    'EINTR',
    'CONNECTION_ENDED',
    '',
    undefined,
    57014,
  ])('[reads] an error with the code %j comes from the connection', (code) => {
    expect(databaseFailure(withCode(code))).toBe('unavailable')
  })

  it.each([new TypeError('x'), new RangeError('x')])('[reads] %s is a mistake of ours', (error) => {
    expect(databaseFailure(error)).toBe('bug')
    expect(databaseFailure(Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' }))).toBe('bug')
  })

  it('[startup] takes a database of another version for what waiting does not mend', () => {
    expect(databaseFailure(new MigrationsDifferError('x'))).toBe('bug')
  })

  it.each([null, undefined, 'text', 7])('[reads] survives %j, whoever throws that', (thrown) => {
    expect(databaseFailure(thrown)).toBe('unavailable')
  })

  it('[reads] takes what a refused connection really throws for the database being away', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))

    const error = await new Promise((resolve) => connect(port, '127.0.0.1').once('error', resolve))

    expect(databaseFailure(error)).toBe('unavailable')
  })
})
