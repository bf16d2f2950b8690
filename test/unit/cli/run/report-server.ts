import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The members of an event that tests look at. */
export interface ReceivedEvent {
  readonly eventType: string
  readonly eventTime: string
  readonly run: {
    readonly runId: string
    readonly facets: {
      readonly pipecast_run: { readonly exitCode: number; readonly logTail?: string }
      readonly errorMessage?: { readonly message: string }
    }
  }
  readonly job: { readonly namespace: string; readonly name: string }
  readonly outputs?: readonly {
    readonly namespace: string
    readonly name: string
    readonly outputFacets: { readonly outputStatistics: { readonly rowCount: number } }
  }[]
}

/** One request as it was received. */
export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly body: unknown
}

/** Answers one request; the default is 201. */
export type Answer = (response: ServerResponse, request: ReceivedRequest, count: number) => void

/** A real server that takes reports. */
export interface ReportServer {
  readonly base: string
  readonly requests: readonly ReceivedRequest[]
  /** The events, in the order of arrival. */
  readonly events: () => readonly ReceivedEvent[]
  readonly close: () => Promise<void>
}

/** Starts it on a free port of 127.0.0.1. */
export async function startReportServer(answer: Answer = accept): Promise<ReportServer> {
  const requests: ReceivedRequest[] = []
  const server = createServer((request, response) => {
    void read(request).then((received) => {
      requests.push(received)
      answer(response, received, requests.length)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    events: () =>
      requests.filter(({ path }) => path.endsWith('/lineage')).map(({ body }) => body as never),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Answers as the real server does. */
export function accept(response: ServerResponse): void {
  response.writeHead(201).end('{}')
}

/** Answers with a status and a message. */
export function refuse(status: number, message: string, headers: Record<string, string> = {}) {
  return (response: ServerResponse): void => {
    response.writeHead(status, headers).end(JSON.stringify({ code: 'x', message }))
  }
}

async function read(request: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    authorization: request.headers.authorization,
    body: JSON.parse(Buffer.concat(chunks).toString('utf8')),
  }
}
