import { type ChildProcess, spawn } from 'node:child_process'

/** A process beside us that dies of what is sent to all of us; another one then takes its place. */
export interface SignalWitness {
  /**
   * Whether one died of this signal; always false where none can be started.
   *
   * @param fromMs - on the clock of `performance.now`; earlier deaths do not count.
   */
  readonly diedOf: (signal: NodeJS.Signals, fromMs: number) => boolean
  readonly dismiss: () => void
}

/** It waits for the end of a pipe that only we hold, so it cannot outlive us; nor leave a core. */
const WAITING = ['-c', 'ulimit -c 0; exec cat']

/** Starts a witness. Node does not say who sent a signal, nor to whom else it went. */
export function callWitness(): SignalWitness {
  const deathsMs = new Map<NodeJS.Signals, number>()
  let isDismissed = false
  let current: ChildProcess | null = null
  const call = () => {
    current = startWitness()
    current?.once('exit', (_exitCode, signal) => {
      if (isDismissed || signal === null) return
      deathsMs.set(signal, performance.now())
      // Whoever sends SIGKILL, such as a machine short of memory, would do so again.
      if (signal !== 'SIGKILL') call()
    })
  }
  call()
  return {
    diedOf: (signal, fromMs) => (deathsMs.get(signal) ?? Number.NEGATIVE_INFINITY) >= fromMs,
    dismiss: () => {
      isDismissed = true
      current?.kill('SIGKILL')
    },
  }
}

function startWitness(): ChildProcess | null {
  try {
    const child = spawn('sh', WAITING, { stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' })
    child.on('error', () => undefined) // there is no shell: nothing is known then
    child.stdin.on('error', () => undefined) // it died
    child.unref()
    return child
  } catch {
    return null // there is no room for another process
  }
}
