import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Json } from '../../src/protocol/index.js'
import { hasTool } from './documented-snippets.js'

/** What the foreign client knew after one message. */
export interface ForeignState {
  readonly type: string
  readonly seq: number
  readonly isCompressed: boolean
  readonly wire: number
  readonly hash: string
  readonly document: Json
}

/** Whether there is a Python to run it. */
export const hasPython = hasTool('python3', 'the package python3')

/** A client that shares no line with this project: Python's sockets, json and zlib. */
export class ForeignClient {
  readonly states: ForeignState[] = []
  private readonly child: ChildProcess
  private trouble = ''

  constructor(url: string, protocols: string, extensions: string) {
    const { hostname, port, pathname } = new URL(url)
    const script = join(import.meta.dirname, 'foreign-client.py')
    this.child = spawn('python3', [script, hostname, port, pathname, protocols, extensions])
    this.child.stderr?.on('data', (chunk: Buffer) => (this.trouble += chunk.toString()))
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.states.push(JSON.parse(line) as ForeignState)
      this.child.emit('told')
    })
    this.child.once('close', () => this.child.emit('told'))
  }

  /** Waits until something is so. @throws Error with what Python said when it ended first. */
  async until(isSo: () => boolean, timeoutMs = 10_000): Promise<void> {
    const giveUp = AbortSignal.timeout(timeoutMs)
    while (!isSo()) {
      if (this.child.exitCode !== null || giveUp.aborted) {
        throw new Error(`the foreign client: ${this.trouble || 'said nothing in time'}`)
      }
      await once(this.child, 'told', { signal: giveUp }).catch(() => undefined)
    }
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null) return
    this.child.stdin?.end()
    await once(this.child, 'close')
  }
}
