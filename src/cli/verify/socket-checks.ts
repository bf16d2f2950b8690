import { isUpdate } from '../server-frame.js'
import { noUpgradeAnswer, unexpectedUpgradeAnswer } from './answer-hints.js'
import type { VerifyLimits } from './limits.js'
import { failed, type Outcome, passed, skipped } from './outcome.js'
import type { Opening, ProbeSocket, Received } from './probe-socket.js'

/** How soon after opening the first data must have come, in milliseconds. */
const FIRST_DATA_MS = 1_000

/** The upgrade must be answered with 101. */
export function judgeOpening(opening: Opening, limits: VerifyLimits): Outcome {
  switch (opening.kind) {
    case 'open':
      return passed('101')
    case 'answered':
      return unexpectedUpgradeAnswer(opening.answer)
    case 'failed':
      return noUpgradeAnswer(opening.error, limits.openMs)
  }
}

/** `connection_status` must be the first frame. */
export async function checkGreeting(socket: ProbeSocket, limits: VerifyLimits): Promise<Outcome> {
  const first = await socket.waitFor(() => true, limits.firstFramesMs)
  if (first === null) return nothingCame(socket, limits.firstFramesMs)
  const { frame } = first
  if (frame?.type === 'connection_status') {
    return passed(`sid ${frame.data.sid}, ${frame.data.protocol}`)
  }
  if (frame?.type === 'error') {
    return failed(
      `${frame.code}: ${frame.message}`,
      'the server turned this visitor away: wait, or raise its limits',
    )
  }
  return failed(`the first frame is ${frame?.type ?? first.text.slice(0, 80)}`, OTHER_SERVICE)
}

/** Data must come by itself within {@link FIRST_DATA_MS} of opening. */
export async function checkFirstData(socket: ProbeSocket, limits: VerifyLimits): Promise<Outcome> {
  const first = await socket.waitFor(hasData, limits.firstFramesMs)
  if (first === null) {
    const unreadable = socket.received.find(({ text }) => text.includes('_update"'))
    if (unreadable !== undefined) return failed('the data has not the shape of this protocol')
    return nothingCame(socket, limits.firstFramesMs)
  }
  const tookMs = Math.round(first.at - socket.openedAt)
  if (tookMs <= FIRST_DATA_MS) return passed(`after ${tookMs} ms`)
  return failed(
    `only after ${tookMs} ms`,
    'a proxy buffers the stream, or the server had no snapshot in memory',
  )
}

/** After the first update another must follow within the interval that the greeting names. */
export async function checkInterval(socket: ProbeSocket, limits: VerifyLimits): Promise<Outcome> {
  const greeting = socket.received.map(({ frame }) => frame).find((frame) => isGreeting(frame))
  const first = socket.received.find(hasData)
  if (greeting === undefined || first === undefined) return skipped('no greeting or no first data')
  const intervalMs = greeting.data.broadcast_interval_ms
  if (intervalMs > limits.longestIntervalMs) {
    return skipped(`the interval is ${intervalMs / 1000} s, too long to wait for here`)
  }
  const limitMs = intervalMs + limits.intervalSlackMs
  const isNext = (message: Received) => hasData(message) && message !== first
  const next = await socket.waitFor(isNext, limitMs - (performance.now() - first.at))
  if (next === null) return nothingCame(socket, limitMs)
  const gapMs = Math.round(next.at - first.at)
  const early = gapMs < intervalMs - limits.intervalSlackMs ? ', pushed early' : ''
  return passed(`${gapMs} ms apart, ${intervalMs} ms announced${early}`)
}

/** A `ping` must be answered by `pong`. */
export async function checkPing(socket: ProbeSocket, limits: VerifyLimits): Promise<Outcome> {
  const sentAt = performance.now()
  socket.send(JSON.stringify({ type: 'ping' }))
  const pong = await socket.waitFor(({ frame }) => frame?.type === 'pong', limits.replyMs)
  if (pong === null) return nothingCame(socket, limits.replyMs)
  return passed(`pong after ${Math.round(pong.at - sentAt)} ms`)
}

/** A message that is none of the protocol's must be answered by an error, not by a close. */
export async function checkBadMessage(socket: ProbeSocket, limits: VerifyLimits): Promise<Outcome> {
  socket.send(JSON.stringify({ type: 'no-such-message' }))
  const reply = await socket.waitFor(({ frame }) => frame?.type === 'error', limits.replyMs)
  if (reply?.frame?.type !== 'error') return nothingCame(socket, limits.replyMs)
  const { code } = reply.frame
  if (code !== 'bad_message') return failed(`error ${code} in place of bad_message`)
  return passed('error bad_message')
}

const OTHER_SERVICE = 'another service answers on this path: wrong host, port or path prefix'

function hasData({ frame }: Received): boolean {
  return frame !== null && isUpdate(frame)
}

function isGreeting(
  frame: Received['frame'],
): frame is Extract<Received['frame'], { readonly type: 'connection_status' }> {
  return frame?.type === 'connection_status'
}

function nothingCame(socket: ProbeSocket, limitMs: number): Outcome {
  const closed = socket.closed()
  if (closed !== null) {
    const reason = closed.reason === '' ? '' : `, ${closed.reason}`
    return failed(`the socket was closed: ${closed.code}${reason}`, closeHint(closed.code))
  }
  return failed(
    `nothing came within ${limitMs / 1000} s`,
    'a proxy buffers or swallows the frames, or the server hangs: see its log and /metrics',
  )
}

function closeHint(code: number): string {
  if (code === 4001) return 'token needed: --token or PIPECAST_VIEW_TOKEN'
  if (code === 4100) return 'the server is full: close other visitors or raise its limit'
  if (code === 1001) return 'the server restarts: try again in a minute'
  return 'the log of the server, or of the proxy in front, says why'
}
