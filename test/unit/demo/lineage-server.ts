import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { DemoLog } from '../../../src/server/demo/demo-delivery.js'

interface Received {
  readonly path: string
  readonly authorization: string | undefined
  readonly body: unknown
  readonly at: number
}

interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly location?: string
}

/** How a request is answered; `null` leaves it without an answer. */
export type AnswerOf = (request: Received) => Answer | null

/** A real HTTP server that keeps what it is sent; it ends with the test. */
export class LineageServer {
  readonly received: Received[] = []
  readonly baseUrl: string
  private readonly server: ReturnType<typeof createServer>

  private constructor(server: ReturnType<typeof createServer>, answerOf: AnswerOf) {
    this.server = server
    this.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.receive(request, answerOf).then((answer) => {
        if (answer === null) return
        const { status, location } = answer
        response.writeHead(status, {
          'content-type': 'application/json',
          ...(location !== undefined && { location }),
        })
        response.end(JSON.stringify(answer.body ?? {}))
      })
    })
  }

  /** @param port - 0 takes a free one. */
  static async start(
    answerOf: AnswerOf = () => ({ status: 201 }),
    port = 0,
  ): Promise<LineageServer> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    const lineageServer = new LineageServer(server, answerOf)
    onTestFinished(() => lineageServer.stop())
    return lineageServer
  }

  get port(): number {
    return Number(new URL(this.baseUrl).port)
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.server.closeAllConnections()
    await closed
  }

  private async receive(request: IncomingMessage, answerOf: AnswerOf) {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const received = {
      path: request.url ?? '',
      authorization: request.headers.authorization,
      body: JSON.parse(Buffer.concat(chunks).toString() || 'null') as unknown,
      at: Date.now(),
    }
    this.received.push(received)
    return answerOf(received)
  }
}

/** A log that keeps what it is told. */
export class KeptLog implements DemoLog {
  readonly lines: {
    readonly level: 'info' | 'warn'
    readonly message: string
    readonly details: object
  }[] = []
  readonly info = (details: object, message: string) => {
    this.lines.push({ level: 'info', message, details })
  }
  readonly warn = (details: object, message: string) => {
    this.lines.push({ level: 'warn', message, details })
  }

  /** The levels and the beginnings of the messages. */
  get told(): string[] {
    return this.lines.map(({ level, message }) => `${level}: ${message.slice(0, 32)}`)
  }
}
