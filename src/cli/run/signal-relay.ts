import { isBesideUs } from './beside-us.js'
import { callWitness } from './signal-witness.js'

/** The command, as far as signals go. */
export interface Signalled {
  /** `undefined` when it could not be started. */
  readonly pid: number | undefined
  readonly kill: (signal: NodeJS.Signals) => void
}

/** Hands signals on to the command. */
export interface SignalRelay {
  readonly pass: (signal: NodeJS.Signals) => void
  readonly close: () => void
}

/** Whoever signals a group tells its members one after the other, and the witness has to run. */
const PATIENCE_MS = 100

/**
 * Hands on what was sent to us alone. What was sent to our whole group, as `timeout` and systemd
 * do, the command has heard by itself, and a second SIGTERM means "at once" to many programs. In
 * doubt it is handed on: heard twice is better than never.
 */
export function createSignalRelay(command: Signalled): SignalRelay {
  const witness = callWitness()
  const waiting = new Set<ReturnType<typeof setTimeout>>()
  const pass = (signal: NodeJS.Signals) => {
    const fromMs = performance.now() - PATIENCE_MS
    const timer = setTimeout(() => {
      waiting.delete(timer)
      const isHeard = witness.diedOf(signal, fromMs) && isBesideUs(command.pid)
      if (!isHeard) command.kill(signal)
    }, PATIENCE_MS)
    waiting.add(timer)
  }
  return {
    pass,
    close: () => {
      for (const timer of waiting) clearTimeout(timer)
      witness.dismiss()
    },
  }
}
