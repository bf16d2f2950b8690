import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isBesideUs } from '../../../../src/cli/run/beside-us.js'
import { isForegroundStat } from '../../../../src/cli/run/foreground.js'
import { forwardSignals } from '../../../../src/cli/run/signals.js'

const ALL = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH']

function forwardedWhen(isInForeground: boolean): { forwarded: string[]; source: EventEmitter } {
  const source = new EventEmitter()
  const forwarded: string[] = []
  const stop = forwardSignals(
    source,
    () => isInForeground,
    (signal) => forwarded.push(signal),
  )
  for (const signal of ALL) source.emit(signal, signal)
  stop()
  return { forwarded, source }
}

describe('forwardSignals', () => {
  it('hands on every signal when there is no terminal', () => {
    expect(forwardedWhen(false).forwarded).toEqual(ALL)
  })

  it('leaves to a terminal what it sends to the command by itself', () => {
    expect(forwardedWhen(true).forwarded).toEqual(['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'])
  })

  it('leaves no listener behind', () => {
    expect(forwardedWhen(false).source.eventNames()).toEqual([])
  })
})

describe('isBesideUs', () => {
  it.each([
    ['in our group', false, true],
    ['in a group of its own', true, false],
  ])('a process %s', (_where, detached, expected) => {
    const child = spawn('sleep', ['20'], { stdio: 'ignore', detached })
    onTestFinished(() => void child.kill())

    expect(isBesideUs(child.pid)).toBe(expected)
  })

  it('one that is gone, or never was, is not', async () => {
    const child = spawn('true')
    await once(child, 'exit')

    expect([isBesideUs(child.pid), isBesideUs(undefined)]).toEqual([false, false])
  })
})

describe('isForegroundStat', () => {
  it.each([
    ['4 (node) S 1 40 40 34816 40 4194304', true],
    ['4 (node) S 1 41 40 34816 40 4194304', false],
    ['4 (node) S 1 40 40 0 -1 4194304', false],
    ['4 (a ) S 9 9 (b) S 1 40 40 34816 40 4194304', true],
    ['', false],
  ])('%j: %s', (stat, expected) => {
    expect(isForegroundStat(stat)).toBe(expected)
  })
})
