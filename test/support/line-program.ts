import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A program that does not end by itself, and tells line by line what it does. */
export class LineProgram {
  /** What it has written so far. */
  readonly lines: string[] = []
  /** What it has written to stderr so far. */
  errors = ''
  private readonly child: ChildProcess
  private hasEnded = false

  /** @param env - all that it gets of the environment; without it, all of ours. */
  constructor([program = '', ...args]: readonly string[], env?: Readonly<Record<string, string>>) {
    this.child = spawn(program, args, env === undefined ? {} : { env })
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString()
      this.child.emit('told')
    })
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.lines.push(line)
      this.child.emit('told')
    })
    this.child.once('close', () => {
      this.hasEnded = true
      this.child.emit('told')
    })
  }

  /** Waits until something is so. @throws Error with what it wrote to stderr when it ended first. */
  async until(isSo: () => boolean, timeoutMs = 10_000): Promise<void> {
    const giveUp = AbortSignal.timeout(timeoutMs)
    while (!isSo()) {
      if (this.hasEnded || giveUp.aborted) {
        throw new Error(`the program: ${this.errors || 'said nothing in time'}`)
      }
      // It rejects only when time is up, and the loop looks at that next.
      await once(this.child, 'told', { signal: giveUp }).catch(() => undefined)
    }
  }

  /** Closes its stdin and waits until it ends by that. */
  async end(): Promise<void> {
    this.child.stdin?.end()
    if (!this.hasEnded) await once(this.child, 'close')
  }

  /** Ends it whatever it does. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    if (!this.hasEnded) await once(this.child, 'close')
  }
}
