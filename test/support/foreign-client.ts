import { join } from 'node:path'
import { LineProgram } from './line-program.js'
import { pythonWithWebsockets } from './python.js'

/** What a client of another make knew after one update or patch. */
export interface ForeignState {
  readonly type: string
  readonly seq: number
  /** Of the message, inflated. */
  readonly bytes: number
  /** The document by RFC 8785. */
  readonly canonical: string
}

/** A client that shares no line with this project, and keeps each state until somebody takes it. */
export interface ForeignFollower {
  /** The states after the next messages; resolves when there are so many. */
  next(count: number): Promise<readonly ForeignState[]>
}

/** What Python tells: besides, the hash that it has compared, and what it saw of the frame. */
export interface PythonState extends ForeignState {
  readonly hash: string
  /** `null` when its library does not say. */
  readonly isCompressed: boolean | null
}

/** A client in Python. */
export class PythonClient extends LineProgram implements ForeignFollower {
  /** One by Python's own sockets and zlib. */
  static bySockets(url: string, protocols: string, extensions: string): PythonClient {
    const { hostname, port, pathname } = new URL(url)
    return new PythonClient([
      ...['python3', '-B', scriptOf('foreign-client.py')],
      ...[hostname, port, pathname, protocols, extensions],
    ])
  }

  /** One by the library websockets. */
  static byWebsockets(
    url: string,
    protocols: string,
    compression: 'deflate' | '' = '',
  ): PythonClient {
    if (pythonWithWebsockets === undefined) throw new Error('no Python has websockets')
    const script = scriptOf('websockets-client.py')
    return new PythonClient([pythonWithWebsockets, '-B', script, url, protocols, compression])
  }

  /** Those that nobody has taken. */
  get states(): readonly PythonState[] {
    return this.lines.map(read)
  }

  async next(count: number): Promise<readonly PythonState[]> {
    await this.until(() => this.lines.length >= count)
    return this.lines.splice(0, count).map(read)
  }
}

const scriptOf = (name: string) => join(import.meta.dirname, name)
const read = (line: string) => JSON.parse(line) as PythonState
