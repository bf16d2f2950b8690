import type { Socket } from '../../../src/client/index.js'

/** A socket that is there at once, brings what it is told to, and keeps what was said. */
export class OpenSocket implements Socket {
  /** All that were opened, oldest first; emptied by the tests. */
  static readonly all: OpenSocket[] = []
  static get newest(): OpenSocket | undefined {
    return OpenSocket.all.at(-1)
  }

  readyState = 1
  readonly sent: string[] = []
  /** Hears what is said. */
  onSent: ((text: string) => void) | undefined
  onmessage: ((event: never) => void) | null = null
  onclose: ((event: never) => void) | null = null
  onerror: ((event: never) => void) | null = null

  constructor() {
    OpenSocket.all.push(this)
  }

  bring(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as never)
  }

  send(text: string): void {
    this.sent.push(text)
    this.onSent?.(text)
  }

  close(): void {
    this.readyState = 3
    this.onclose?.({ code: 1000, reason: '' } as never)
  }
}
