import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionError } from 'fastify'

interface Answer {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** What Node finds wrong with a request before there is one, in the form of every other error. */
const answers: Readonly<Record<string, Answer>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'request_timeout',
    message: 'the request did not arrive in time: send it again',
  },
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'headers_too_large',
    message: 'the head of the request is too large',
  },
}
const NOT_HTTP: Answer = { status: 400, code: 'bad_request', message: 'this is not HTTP/1.1' }

/** Answers what never became a request, and ends the connection: nobody knows what would follow. */
export function handleClientError(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const { status, ...what } = answers[error.code] ?? NOT_HTTP
  const body = JSON.stringify(what)
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ]
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroy(error)
}
