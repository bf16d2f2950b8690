import { describe, expect, it } from 'vitest'
import {
  isAlive,
  isPassing,
  parsePidFile,
} from '../../../../../src/server/database/embedded-postgres/postmaster.js'

describe('postmaster.pid', () => {
  it('names the process and its port', () => {
    const text = '4711\n/srv/data\n1795000000\n54321\n\n127.0.0.1\n  28450  32768\nready   \n'

    expect(parsePidFile(text)).toEqual({ pid: 4711, port: 54321 })
  })

  it.each([
    '',
    '4711\n',
    '4711\n/srv/data\n1795000000\n',
    'rubbish\n\n\nrubbish\n',
    '-1\n\n\n5432\n',
  ])('names nothing while it is %j', (text) => {
    expect(parsePidFile(text)).toBeNull()
  })
})

describe('a failed start', () => {
  it.each([
    'LOG:  could not bind IPv4 address "127.0.0.1": Address already in use\nFATAL:  could not create any TCP/IP sockets',
    'FATAL:  lock file "postmaster.pid" already exists\nHINT:  Is another postmaster (PID 12) running?',
    'FATAL:  lock file "postmaster.pid" is empty',
    'FATAL:  pre-existing shared memory block (key 28450, ID 32768) is still in use',
  ])('passes when somebody was in the way: %s', (log) => {
    expect(isPassing(log)).toBe(true)
  })

  it.each([
    '',
    'FATAL:  data directory "/srv/data" has wrong ownership',
    'FATAL:  invalid value for parameter "shared_buffers": "plenty"',
    'PANIC:  could not locate a valid checkpoint record',
  ])('is final when it would fail again: %s', (log) => {
    expect(isPassing(log)).toBe(false)
  })
})

describe('a process', () => {
  it('is alive while it exists, whoever owns it', () => {
    expect(isAlive(process.pid)).toBe(true)
    expect(isAlive(1)).toBe(true)
  })

  it('is not alive when there is none of that id', () => {
    expect(isAlive(2 ** 22 + 1)).toBe(false) // above the largest id that Linux gives
  })
})
