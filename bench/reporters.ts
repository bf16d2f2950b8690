import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What the reporters saw. */
export interface Load {
  /** How long each acknowledged event took. */
  readonly delaysMs: number[]
  /** Events that were answered by anything but 201. */
  readonly failures: number
}

const JOBS = 200
/** Brings an event to 1 kB. */
const padding = 'x'.repeat(560)

/**
 * Reports runs over so many connections at a time: START, then COMPLETE, one event each request, and
 * the next one when the one before it is answered. The requests are written by hand, because an HTTP
 * client takes more of the machine for each event than the server that is measured.
 */
export async function reportRuns(url: URL, connections: number, durationMs: number): Promise<Load> {
  const until = performance.now() + durationMs
  const loads = await Promise.all(
    Array.from({ length: connections }, () => reportOverOneConnection(url, until)),
  )
  return {
    delaysMs: loads.flatMap(({ delaysMs }) => delaysMs),
    failures: loads.reduce((total, { failures }) => total + failures, 0),
  }
}

async function reportOverOneConnection(url: URL, until: number): Promise<Load> {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
  await once(socket, 'connect')
  const answers = statusesOf(socket)
  const delaysMs: number[] = []
  let failures = 0
  for (const event of endlessEvents()) {
    if (performance.now() >= until) break
    const startedAt = performance.now()
    socket.write(requestWith(url, event))
    const answer = await answers.next()
    if (answer.done === true) throw new Error('the server hung up')
    if (answer.value === 201) delaysMs.push(performance.now() - startedAt)
    else failures += 1
  }
  socket.destroy()
  return { delaysMs, failures }
}

/** Of one run after the other; each of one of the jobs. */
function* endlessEvents(): Generator<string, never> {
  for (;;) {
    const runId = randomUUID()
    const name = `job-${Math.floor(Math.random() * JOBS)}`
    for (const type of ['START', 'COMPLETE']) yield runEvent(type, runId, name)
  }
}

function runEvent(eventType: string, runId: string, name: string): string {
  const now = new Date().toISOString()
  return JSON.stringify({
    eventType,
    eventTime: now,
    run: { runId, facets: { nominalTime: { nominalStartTime: now } } },
    job: { namespace: 'bench', name, facets: { sql: { query: padding } } },
    producer: 'https://example.com/bench',
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
  })
}

function requestWith(url: URL, body: string): string {
  return [
    'POST /api/v1/lineage HTTP/1.1',
    `Host: ${url.host}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
}

/** The status of each answer; one request is under way at a time. */
async function* statusesOf(socket: Socket): AsyncGenerator<number, void> {
  let received = ''
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received += chunk.toString('latin1')
    const headersEnd = received.indexOf('\r\n\r\n')
    if (headersEnd === -1) continue
    const length = /^content-length: (\d+)/im.exec(received)?.[1]
    if (length === undefined) throw new Error('an answer without Content-Length')
    if (received.length < headersEnd + 4 + Number(length)) continue
    yield Number(received.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length))
    received = ''
  }
}
