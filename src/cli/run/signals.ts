import { spawnSync } from 'node:child_process'
import { constants } from 'node:os'

/** Where signals arrive; `process` is one. */
export interface SignalSource {
  readonly on: (signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void) => unknown
  readonly off: (signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void) => unknown
}

/** What reaches the command through us. */
const FORWARDED: readonly NodeJS.Signals[] = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
]

/** A terminal sends these to the whole group, and so to the command itself. */
const FROM_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT', 'SIGWINCH'])

/** These leave a core file; ours could replace the command's, which is the one to look at. */
const LEAVES_CORE: ReadonlySet<NodeJS.Signals> = new Set([
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGSEGV',
  'SIGSYS',
  'SIGXCPU',
  'SIGXFSZ',
])

/**
 * Hands on every signal, but for those that the command has already heard from its terminal: a
 * second Ctrl-C means "at once" to many programs.
 *
 * @returns ends the forwarding; the signals have their usual effect on us again.
 */
export function forwardSignals(
  source: SignalSource,
  isInForeground: () => boolean,
  forward: (signal: NodeJS.Signals) => void,
): () => void {
  const listener = (signal: NodeJS.Signals) => {
    if (!FROM_TERMINAL.has(signal) || !isInForeground()) forward(signal)
  }
  const known = FORWARDED.filter((signal) => signal in constants.signals)
  for (const signal of known) source.on(signal, listener)
  return () => {
    for (const signal of known) source.off(signal, listener)
  }
}

/**
 * Ends this process by the signal that ended the command, so that whoever started us sees the true
 * cause. Returns where that cannot be: then the exit code has to tell.
 */
export function dieOf(signal: NodeJS.Signals, self: NodeJS.Process): void {
  if (LEAVES_CORE.has(signal)) return
  if (signal !== 'SIGKILL' && signal !== 'SIGSTOP') {
    // Node ignores SIGPIPE from the start; taking a listener away brings the usual effect back.
    self.on(signal, () => undefined)
    self.removeAllListeners(signal)
  }
  makeOutputBlocking()
  self.kill(self.pid, signal)
}

/**
 * Node makes pipes non-blocking, for everybody who shares them, and takes that back at an orderly
 * end only. Whoever writes after us, such as the rest of a shell script, would lose output. A
 * child that inherits them makes them blocking again, whatever it is.
 */
function makeOutputBlocking(): void {
  spawnSync('true', { stdio: ['ignore', 'inherit', 'inherit'] })
}
