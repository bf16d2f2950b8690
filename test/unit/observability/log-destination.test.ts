import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  createLogDestination,
  type LogDestination,
} from '../../../src/server/observability/log-destination.js'

let dir: string
let fd: number
let destination: LogDestination

beforeEach(() => {
  vi.useFakeTimers()
  dir = mkdtempSync(join(tmpdir(), 'log-destination-'))
  fd = openSync(join(dir, 'log'), 'a')
  destination = createLogDestination(fd)
})

afterEach(() => {
  vi.useRealTimers()
  closeSync(fd)
  rmSync(dir, { recursive: true })
})

const written = () => readFileSync(join(dir, 'log'), 'utf8')

describe('createLogDestination', () => {
  it('gathers lines, and writes them in order 20 ms after the first', () => {
    destination.write('one\n')
    vi.advanceTimersByTime(15)
    destination.write('two\n')

    const before = written()
    vi.advanceTimersByTime(5)

    expect(before).toBe('')
    expect(written()).toBe('one\ntwo\n')
  })

  it('writes the next lines no later than the first', () => {
    destination.write('one\n')
    vi.advanceTimersByTime(100)
    destination.write('two\n')
    vi.advanceTimersByTime(20)

    expect(written()).toBe('one\ntwo\n')
  })

  it('writes 4 kB at once', () => {
    const line = `${'x'.repeat(1_023)}\n`

    for (let count = 1; count <= 5; count += 1) destination.write(line)

    expect(written()).toBe(line.repeat(4))
    vi.advanceTimersByTime(20)
    expect(written()).toBe(line.repeat(5))
  })

  it.skipIf(!existsSync('/dev/full'))('goes on when the disk is full', () => {
    const full = openSync('/dev/full', 'a')
    const onFullDisk = createLogDestination(full)

    onFullDisk.write('one\n')
    expect(() => onFullDisk.flushSync()).not.toThrow()
    onFullDisk.write('x'.repeat(5_000))
    expect(() => vi.advanceTimersByTime(1_000)).not.toThrow()

    closeSync(full)
  })

  it('writes what was gathered when it is told to, and only once', () => {
    destination.write('one\n')

    destination.flushSync()
    destination.flushSync()
    vi.advanceTimersByTime(20)

    expect(written()).toBe('one\n')
  })
})
