import type { Paint } from '../colour.js'
import { ageText, durationText } from '../duration-text.js'
import { cutTo, printable } from '../text-fit.js'
import { LONGEST_WAIT_MS } from './backoff.js'
import { countsText } from './status-changes.js'
import { STATUS_LOOKS, statusText } from './status-look.js'
import { type Connection, dataAgeMs, isOutOfDate, type WatchState } from './watch-state.js'

/** The lines above the table: overall status, connection, age of the data, counts, warnings. */
export function headerLines(
  state: WatchState,
  { width, now, paint }: { readonly width: number; readonly now: number; readonly paint: Paint },
): string[] {
  const line = (text: string) => cutTo(printable(text), width)
  const { update, connection } = state
  const head = line(`${overallText(state)}  ${state.address}  ${summaryText(state, now)}`)
  const headTone = update === null ? 'strong' : STATUS_LOOKS[update.data.status].tone
  const warning = outOfDateText(state, now)
  return [
    paint(headTone, head),
    ...(update === null ? [] : [line(`${countsText(update.data)}${queueText(state)}`)]),
    ...(warning === null ? [] : [paint('warn', line(`! ${warning}`))]),
    ...(connection.phase === 'lost' ? [paint('warn', line(`! ${lostText(connection, now)}`))] : []),
  ]
}

/**
 * The warning that data may no longer be true.
 *
 * @returns `null` while it is fresh.
 */
export function outOfDateText(state: WatchState, now: number): string | null {
  const ageMs = dataAgeMs(state, now)
  if (ageMs === null || !isOutOfDate(state, now)) return null
  const cause = state.update?.stale === true ? '; the server cannot read its database' : ''
  return `data may be out of date: ${ageText(ageMs)} old${cause}`
}

/** What happened to the socket, and what is done about it. */
export function lostText(
  connection: Extract<Connection, { readonly phase: 'lost' }>,
  now: number,
): string {
  const { retryAt, reason, polling } = connection
  // A clock that was set back since does not make the wait any longer.
  const leftMs = Math.min((retryAt ?? now) - now, LONGEST_WAIT_MS)
  const next =
    leftMs <= 0
      ? 'reconnecting now'
      : `reconnecting in ${durationText(Math.ceil(leftMs / 1000) * 1000)}`
  return `no live connection: ${reason}; ${next}${POLLING_TEXT[polling]}`
}

const POLLING_TEXT = {
  'not-yet': '',
  works: '; polling meanwhile',
  fails: '; polling fails too',
} as const

function overallText({ update }: WatchState): string {
  if (update === null) return 'waiting for the first data'
  return `${statusText(update.data.status)}${update.data.demo === true ? ' (demo data)' : ''}`
}

function summaryText(state: WatchState, now: number): string {
  const ageMs = dataAgeMs(state, now)
  const age = ageMs === null ? '' : `  data ${ageText(ageMs)} old`
  return `${phaseText(state.connection)}${age}`
}

function phaseText(connection: Connection): string {
  if (connection.phase === 'connecting') return 'connecting…'
  if (connection.phase === 'live') return 'live'
  return connection.polling === 'works' ? 'polling' : 'disconnected'
}

function queueText({ update }: WatchState): string {
  const queue = update?.data.queue
  if (queue === undefined || Object.keys(queue.queues).length === 0) return ''
  return `; queue: ${queue.queued} waiting, ${queue.running} running`
}
