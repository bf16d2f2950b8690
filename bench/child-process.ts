import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Options of a child process that must not outlive an interrupted run. */
export function endedBy(signal: AbortSignal): {
  readonly signal: AbortSignal
  readonly killSignal: 'SIGKILL'
} {
  return { signal, killSignal: 'SIGKILL' }
}

/** An abort shows as the end of the process; without a listener it would also be an error. */
export function ignoreAbort(child: ChildProcess): ChildProcess {
  return child.on('error', (error) => {
    if (error.name !== 'AbortError') throw error
  })
}

/** Ends a child process and waits until it has. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
