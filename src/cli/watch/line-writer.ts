/** The part of a stream that writing lines needs. */
interface LineStream {
  /** @returns `false` when the reader is behind; `drain` says when it is not any more. */
  readonly write: (text: string) => unknown
  readonly on: (event: 'drain', listener: () => void) => unknown
  readonly off: (event: 'drain', listener: () => void) => unknown
}

/** Writes lines, each of which makes the one before it of the same kind worthless. */
export interface LineWriter {
  readonly write: (line: string, kind: string) => void
  /** Writes what still waits. May be called twice. */
  readonly close: () => void
}

/** While the reader is behind, only the newest line of each kind waits for it. */
export function createLineWriter(stream: LineStream): LineWriter {
  const waiting = new Map<string, string>()
  let isBehind = false
  const flush = () => {
    isBehind = false
    for (const line of waiting.values()) isBehind = stream.write(line) === false
    waiting.clear()
  }
  stream.on('drain', flush)
  return {
    write: (line, kind) => {
      waiting.delete(kind) // so that the kinds wait in the order in which their newest came
      waiting.set(kind, line)
      if (!isBehind) flush()
    },
    close: () => {
      stream.off('drain', flush)
      flush()
    },
  }
}
