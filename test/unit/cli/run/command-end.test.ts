import { describe, expect, it } from 'vitest'
import {
  type CommandEnd,
  exitCodeOf,
  failureOf,
  notStarted,
} from '../../../../src/cli/run/command-end.js'

function spawnError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`spawn ${code}`), { code })
}

describe('the end of a command', () => {
  it.each<[CommandEnd, number, string | undefined]>([
    [{ kind: 'exited', exitCode: 0 }, 0, undefined],
    [{ kind: 'exited', exitCode: 3 }, 3, 'exit code 3'],
    [{ kind: 'killed', signal: 'SIGTERM' }, 143, 'killed by SIGTERM'],
    [{ kind: 'killed', signal: 'SIGKILL' }, 137, 'killed by SIGKILL'],
    [notStarted(spawnError('ENOENT'), false), 127, 'exit code 127: command not found'],
    [notStarted(spawnError('EACCES'), true), 126, 'exit code 126: permission denied'],
    [notStarted(spawnError('EACCES'), false), 127, 'exit code 127: command not found'],
    [notStarted(spawnError('E2BIG'), true), 126, 'exit code 126: E2BIG'],
  ])('%j has the exit code %d and the reason %j', (end, exitCode, failure) => {
    expect(exitCodeOf(end)).toBe(exitCode)
    expect(failureOf(end)).toBe(failure)
  })
})
