import { join } from 'node:path'
import type { Json } from '../../src/protocol/index.js'
import { LineProgram } from './line-program.js'

/** What the foreign client knew after one message. */
export interface ForeignState {
  readonly type: string
  readonly seq: number
  readonly isCompressed: boolean
  readonly wire: number
  readonly hash: string
  readonly document: Json
}

/** A client that shares no line with this project: Python's sockets, json and zlib. */
export class ForeignClient extends LineProgram {
  constructor(url: string, protocols: string, extensions: string) {
    const { hostname, port, pathname } = new URL(url)
    const script = join(import.meta.dirname, 'foreign-client.py')
    super(['python3', script, hostname, port, pathname, protocols, extensions])
  }

  get states(): readonly ForeignState[] {
    return this.lines.map((line) => JSON.parse(line) as ForeignState)
  }
}
