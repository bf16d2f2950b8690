import type { ConnectionState, TroubleReason } from '../../client/index.js'

/** So long the page waits for its first data before it explains itself, in milliseconds. */
const EXPLAIN_AFTER_MS = 8_000

/** What stands in place of the board before the first data. */
export interface NoDataWords {
  readonly title: string
  readonly explanation: string
  /** Nothing is known to be wrong yet. */
  readonly isWaiting: boolean
}

const WAITING: NoDataWords = {
  title: 'Waiting for the first data…',
  explanation: 'This takes a second or two.',
  isWaiting: true,
}

const EXPLANATIONS: Readonly<Record<TroubleReason, string>> = {
  at_capacity: 'All places of the server are taken. This page goes on asking for one.',
  address_limit:
    'Too many connections come from this address. Close other tabs that show the board.',
  too_many_views: 'Too many different views of this server are open. This page goes on asking.',
  bad_view: 'The server does not understand what this page asks for. Reload it.',
  origin_not_allowed:
    'The server does not let this page connect: name its origin in ALLOWED_ORIGINS.',
  unauthorized: 'The server wants a token.',
  draining: 'The server is restarting. This page comes back by itself.',
  policy: 'The server ended the connection because this page sent too much. Reload it.',
  no_data:
    'The server runs, but could not read its database yet. GET /api/v1/public/ready says why.',
  offline: 'This device is offline. The board comes back with the network.',
  silent:
    'The connection is open, but nothing comes. Something between here and the server holds it.',
  unreachable: 'The server does not answer. Is it running, and is the network there?',
}

const SILENCE = 'The server has not answered yet. Is it running, and does a proxy let it through?'

/** What to say while there has been no data; a reason is told as soon as it has lasted 2 s. */
export function noDataWords(
  { status, reason }: Pick<ConnectionState, 'status' | 'reason'>,
  waitedMs: number,
): NoDataWords {
  const isPatient = status !== 'closed' && waitedMs < (reason === null ? EXPLAIN_AFTER_MS : 2_000)
  if (isPatient) return WAITING
  return {
    title: 'No data yet',
    explanation: reason === null ? SILENCE : EXPLANATIONS[reason],
    isWaiting: false,
  }
}
