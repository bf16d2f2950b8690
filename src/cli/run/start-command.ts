import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { closeSync, existsSync } from 'node:fs'
import { Socket } from 'node:net'
import { delimiter, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { type CommandEnd, notStarted } from './command-end.js'
import { type Passing, passOutput } from './pass-output.js'
import type { KernelPipe } from './scratch.js'
import type { Signalled } from './signal-relay.js'

/** One of our own two output streams. */
export type OutputStream = Writable & { readonly isTTY?: boolean | undefined }

/** How to start a command. */
export interface CommandStart {
  /** The program, and its arguments. */
  readonly command: readonly [program: string, ...args: string[]]
  readonly env: NodeJS.ProcessEnv
  readonly stdout: CommandOutput
  readonly stderr: CommandOutput
  /** @returns `null` when Node's own have to do. */
  readonly openPipes: (count: number) => readonly KernelPipe[] | null
}

/** Where a stream of the command goes. */
export interface CommandOutput {
  readonly stream: OutputStream
  /** Sees what goes by. */
  readonly keep: (chunk: Buffer) => void
}

/** A command that was started. */
export interface RunningCommand extends Signalled {
  readonly ended: Promise<CommandEnd>
  /**
   * Resolves when its output has left us; to be called after its end.
   *
   * @param gone - aborted when nothing is to be waited for any more.
   * @returns false when something is left that a reader has not taken.
   */
  readonly outputPassed: (gone: AbortSignal) => Promise<boolean>
}

/**
 * Starts a command in our own process group, with our own stdin.
 *
 * A stream of ours that is a terminal is given to the command as it is, so that colours, prompts
 * and progress bars are what they are without us; only a pseudo-terminal could read along there,
 * so of such a stream no log is kept. Everything else goes through a pipe, and is kept.
 */
export function startCommand(start: CommandStart): RunningCommand {
  const routes = planRoutes(start)
  const child = spawned(start, ['inherit', ...routes.map(({ stdio }) => stdio)])
  for (const { pipe } of routes) if (pipe !== null) closeSync(pipe.writeEnd)
  const passings = routes.flatMap((route) => passing(route, child))
  return {
    pid: child instanceof Error ? undefined : child.pid,
    ended:
      child instanceof Error
        ? Promise.resolve(notStarted(child, isThere(start)))
        : endOf(child, start),
    outputPassed: async (gone) => {
      const arePassed = await Promise.all(passings.map(({ finished }) => finished(gone)))
      return arePassed.every(Boolean)
    },
    kill: (signal) => {
      if (!(child instanceof Error)) child.kill(signal)
    },
  }
}

interface Route {
  readonly output: CommandOutput
  /** Which of the command's descriptors it is: 1 or 2. */
  readonly descriptor: 1 | 2
  readonly stdio: number | 'pipe'
  readonly pipe: KernelPipe | null
}

function planRoutes({ stdout, stderr, openPipes }: CommandStart): readonly Route[] {
  const outputs = [
    { output: stdout, descriptor: 1 },
    { output: stderr, descriptor: 2 },
  ] as const
  const isPiped = ({ output }: { readonly output: CommandOutput }) => output.stream.isTTY !== true
  const count = outputs.filter(isPiped).length
  const pipes = [...((count > 0 ? openPipes(count) : null) ?? [])]
  return outputs.map((place): Route => {
    if (!isPiped(place)) return { ...place, stdio: place.descriptor, pipe: null }
    const pipe = pipes.shift() ?? null
    return { ...place, stdio: pipe?.writeEnd ?? 'pipe', pipe }
  })
}

/** Most errors arrive as an event; some, such as too long a list of arguments, are thrown. */
function spawned({ command, env }: CommandStart, stdio: StdioOptions): ChildProcess | Error {
  const [program, ...args] = command
  try {
    return spawn(program, args, { stdio, env })
  } catch (error) {
    if (error instanceof Error) return error
    throw error
  }
}

function passing(route: Route, child: ChildProcess | Error): Passing[] {
  const { output, descriptor, pipe } = route
  const source = pipe === null ? nodePipe(child, descriptor) : openReadEnd(pipe)
  return source === null ? [] : [passOutput(source, output.stream, output.keep)]
}

function openReadEnd({ readEnd }: KernelPipe): Readable {
  return new Socket({ fd: readEnd, readable: true, writable: false })
}

function nodePipe(child: ChildProcess | Error, descriptor: 1 | 2): Readable | null {
  if (child instanceof Error) return null
  return descriptor === 1 ? child.stdout : child.stderr
}

/** Whether the program is a file that can be seen, where a shell would look for it. */
function isThere({ command: [program], env }: CommandStart): boolean {
  if (program.includes('/')) return true
  const folders = (env['PATH'] ?? '').split(delimiter)
  return folders.some((folder) => existsSync(join(folder, program)))
}

function endOf(child: ChildProcess, start: CommandStart): Promise<CommandEnd> {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      // An error after the start is about a signal that could not be sent, and no end.
      if (child.pid === undefined) resolve(notStarted(error, isThere(start)))
    })
    child.once('exit', (exitCode, signal) => {
      if (signal !== null) resolve({ kind: 'killed', signal })
      else resolve({ kind: 'exited', exitCode: exitCode ?? 1 })
    })
  })
}
