#!/usr/bin/env node
import { InterruptedError } from './interrupted-error.js'
import { runProgram } from './program.js'

/** How long a reader has to take what is left when a person has left. */
const LEAVE_MS = 500

const leave = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The second signal does not wait; `exit` listeners still give the terminal back.
    if (leave.signal.aborted) process.exit(1)
    leave.abort(new InterruptedError(signal))
  })
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  // The reader has gone (`| head`): to watch on is for nobody, but what is verified has an exit code.
  leave.abort()
})

process.exitCode = await runProgram(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: leave.signal,
  onExit: (listener) => process.once('exit', listener),
})
if (leave.signal.aborted) setTimeout(() => process.exit(), LEAVE_MS).unref()
