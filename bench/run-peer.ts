import { type ChildProcess, execFile, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { end, endedBy, ignoreAbort } from './child-process.js'
import type { LoadAnswer, LoadFigures, LoadPlan } from './load/load-plan.js'
import type { PeerEntry } from './peers/catalogue.js'
import type { PeerPorts } from './peers/serve-peer.js'

/** What to do with one peer. */
export interface PeerRun extends Pick<LoadPlan, 'sockets' | 'warmUpMs' | 'durationMs' | 'idleMs'> {
  readonly peer: PeerEntry
  /** How many sources its board shows. */
  readonly sources: number
  /** Ends both processes. */
  readonly signal: AbortSignal
}

/** What came of it. */
export interface PeerResult {
  readonly figures: LoadFigures
  /** The size of a full frame as JSON, in bytes. */
  readonly frameBytes: number
}

/** Whatever hangs, a run of a peer is over by then. */
const RUN_TIMEOUT_MS = 300_000
const START_TIMEOUT_MS = 20_000

/** The Bun runtime cannot be had on this machine. */
export class NoBunError extends Error {
  override readonly name = 'NoBunError'
  readonly code = 'NO_BUN'
}

/**
 * Starts a peer and a load generator, each as a process of its own, and ends both.
 *
 * @throws NoBunError when the peer needs Bun and there is none.
 * @throws Error when either process fails or takes too long.
 */
export async function runPeer(run: PeerRun): Promise<PeerResult> {
  const server = await startPeer(run)
  try {
    const { port, controlPort, frameBytes } = await readPorts(server)
    const { sockets, warmUpMs, durationMs, idleMs } = run
    const { dialect } = run.peer
    const plan = { port, controlPort, dialect, sockets, warmUpMs, durationMs, idleMs }
    const figures = await load(plan, run.signal)
    return { figures, frameBytes }
  } finally {
    await end(server)
  }
}

async function startPeer({ peer, sources, signal }: PeerRun): Promise<ChildProcess> {
  const module = join(import.meta.dirname, 'peers', `${peer.module}.js`)
  const args = [module, String(sources), ...peer.args]
  const [command, flags] =
    peer.runtime === 'bun' ? [await findBun(), []] : [process.execPath, ['--expose-gc']]
  const child = spawn(command, [...flags, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...endedBy(signal),
  })
  return ignoreAbort(child)
}

async function readPorts(server: ChildProcess): Promise<PeerPorts> {
  if (server.stdout === null) throw new Error('the peer has no stdout')
  const lines = createInterface({ input: server.stdout })
  const timer = setTimeout(() => lines.close(), START_TIMEOUT_MS)
  try {
    for await (const line of lines) {
      if (line.startsWith('{"port":')) return JSON.parse(line) as PeerPorts
    }
  } finally {
    clearTimeout(timer)
    server.stdout.resume() // the rest is its log, which must not block it
  }
  throw new Error('the peer did not come to listen')
}

async function load(plan: LoadPlan, signal: AbortSignal): Promise<LoadFigures> {
  const module = join(import.meta.dirname, 'load', 'generate-load.js')
  const generator = ignoreAbort(fork(module, endedBy(signal)))
  try {
    generator.send(plan)
    const answer = await Promise.race([
      once(generator, 'message', { signal: AbortSignal.timeout(RUN_TIMEOUT_MS) }).then(
        ([message]) => message as LoadAnswer,
      ),
      once(generator, 'exit').then((): LoadAnswer => ({ failure: 'the load generator ended' })),
    ])
    if ('failure' in answer) throw new Error(answer.failure)
    return answer.figures
  } finally {
    await end(generator)
  }
}

let bun: Promise<string> | undefined

/** npx downloads it once; it is then started without npx, which would outlive a kill. */
function findBun(): Promise<string> {
  bun ??= promisify(execFile)(
    'npx',
    ['-y', '-p', 'bun@1', 'bun', '-e', 'console.log(process.execPath)'],
    { timeout: 120_000 },
  ).then(
    ({ stdout }) => stdout.trim(),
    (cause: unknown) => {
      throw new NoBunError('Bun cannot be had here: npx -y -p bun@1 bun does not run', { cause })
    },
  )
  return bun
}
