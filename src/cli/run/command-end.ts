import { constants } from 'node:os'

/** How a command ended. */
export type CommandEnd =
  | { readonly kind: 'exited'; readonly exitCode: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  /** It never ran; the exit code is the one that shells give. */
  | { readonly kind: 'not-started'; readonly exitCode: 126 | 127; readonly reason: string }

const NOT_FOUND = 127
const NOT_EXECUTABLE = 126

/**
 * What to make of an error at the start of a command.
 *
 * @param isThere - whether there is such a file. The system says EACCES also when it merely could
 *   not look into one of the folders of PATH; to a shell the command is not found then.
 */
export function notStarted(error: NodeJS.ErrnoException, isThere: boolean): CommandEnd {
  if (error.code === 'ENOENT' || (error.code === 'EACCES' && !isThere)) {
    return { kind: 'not-started', exitCode: NOT_FOUND, reason: 'command not found' }
  }
  const reason = error.code === 'EACCES' ? 'permission denied' : (error.code ?? error.message)
  return { kind: 'not-started', exitCode: NOT_EXECUTABLE, reason }
}

/** The exit code that a shell shows for this end: 128 and the signal's number when killed. */
export function exitCodeOf(end: CommandEnd): number {
  return end.kind === 'killed' ? 128 + constants.signals[end.signal] : end.exitCode
}

/** Why this end is a failure, in words; `undefined` when it is none. */
export function failureOf(end: CommandEnd): string | undefined {
  if (end.kind === 'killed') return `killed by ${end.signal}`
  if (end.kind === 'not-started') return `exit code ${end.exitCode}: ${end.reason}`
  return end.exitCode === 0 ? undefined : `exit code ${end.exitCode}`
}
