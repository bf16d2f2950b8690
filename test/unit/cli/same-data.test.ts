import { describe, expect, it, onTestFinished } from 'vitest'
import { resolveEndpoints } from '../../../src/cli/endpoints.js'
import type { ProbeSocket } from '../../../src/cli/verify/probe-socket.js'
import { checkDocument } from '../../../src/cli/verify/same-data.js'
import { sendJson, startFeedServer } from './feed-server.js'
import { sampleSource, sampleStatus, sampleUpdate } from './sample-status.js'

const UPDATE = sampleUpdate(sampleStatus([sampleSource('acled')]))

const HEADERS = { etag: '"x"', 'pipecast-epoch': 'e1', 'pipecast-seq': '1' }

/** A socket over which one update has come. */
const SOCKET: ProbeSocket = {
  openedAt: 0,
  received: [{ at: 0, text: JSON.stringify(UPDATE), frame: UPDATE }],
  waitFor: () => Promise.resolve(null),
  send: () => undefined,
  closed: () => null,
  leave: () => undefined,
}

interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** Compares with a server that answers so at first, and so when it is asked whether it is unchanged. */
async function compare(first: Answer, again: Answer = { status: 304 }) {
  const server = await startFeedServer({
    onRequest: (request, response) => {
      const isConditional = request.headers['if-none-match'] !== undefined
      const { status = 200, headers = HEADERS, body = UPDATE.data } = isConditional ? again : first
      if (status === 304) response.writeHead(304, headers).end()
      else sendJson(response, body, { status, headers })
    },
  })
  onTestFinished(() => server.close())
  const endpoints = resolveEndpoints(server.url)
  return checkDocument({ endpoints, token: undefined, socket: SOCKET, limitMs: 300 })
}

describe('comparing the document', () => {
  const another = { headers: { ...HEADERS, etag: '"y"', 'pipecast-epoch': 'e2' }, body: {} }

  it('passes when it is what the socket sent, and is then unchanged', async () => {
    expect(await compare({})).toEqual({ kind: 'passed', detail: 'equal at seq 1, then 304' })
  })

  it.each<[string, Answer, Answer]>([
    ['at first', another, another],
    ['when asked whether it is unchanged', {}, another],
  ])('is skipped when another process answers %s', async (_when, first, again) => {
    expect(await compare(first, again)).toEqual({
      kind: 'skipped',
      detail: 'another process answers (epoch e2): nothing to compare',
    })
  })

  it.each<[string, Answer, Answer | undefined]>([
    ['the data of seq 1 differs', { body: {} }, undefined],
    [
      'seq 7 never came over the socket',
      { headers: { ...HEADERS, 'pipecast-seq': '7' } },
      undefined,
    ],
    ['HTTP 200 in place of 304 for an unchanged ETag', {}, {}],
  ])('fails of the same process: %s', async (detail, first, again) => {
    expect(await compare(first, again)).toMatchObject({ kind: 'failed', detail })
  })

  it.each(['Pipecast-Seq', 'Pipecast-Epoch', 'ETag'])(
    'names the header that a proxy drops: %s',
    async (name) => {
      const kept = Object.entries(HEADERS).filter(([header]) => header !== name.toLowerCase())

      expect(await compare({ headers: Object.fromEntries(kept) })).toMatchObject({
        kind: 'failed',
        detail: `the header ${name} is missing`,
      })
    },
  )
})
