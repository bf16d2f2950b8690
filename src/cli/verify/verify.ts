import { type Endpoints, resolveEndpoints } from '../endpoints.js'
import { checkAnswer, judgeHealth, judgePlainGet, judgeReady, judgeRefusal } from './http-checks.js'
import { noUpgradeAnswer } from './answer-hints.js'
import { VERIFY_LIMITS, type VerifyLimits } from './limits.js'
import { type CheckResult, failed, type Outcome, skipped } from './outcome.js'
import { type Opening, openProbe, type ProbeSocket } from './probe-socket.js'
import { checkDocument, checkPolledHealth } from './same-data.js'
import {
  checkBadMessage,
  checkFirstData,
  checkGreeting,
  checkInterval,
  checkPing,
  judgeOpening,
} from './socket-checks.js'

/** What is verified. */
export interface VerifyRequest {
  readonly address: string
  readonly token?: string | undefined
  /** Shorter limits, for tests. */
  readonly limits?: VerifyLimits
  /** Hears each result as soon as it and all before it are there. */
  readonly onResult?: (result: CheckResult) => void
}

interface Target {
  readonly endpoints: Endpoints
  readonly token: string | undefined
  readonly limits: VerifyLimits
}

type Check = readonly [claim: string, outcome: Promise<Outcome>]

/**
 * Proves a deployment from outside: over HTTP and two sockets, which it gives back. Every check
 * has a deadline, so that the whole ends in less than 15 s whatever the server does.
 *
 * @returns every result, in a fixed order.
 * @throws InvalidAddressError for an address that cannot be used.
 */
export async function verify(request: VerifyRequest): Promise<readonly CheckResult[]> {
  const { limits = VERIFY_LIMITS, token } = request
  const target: Target = { endpoints: resolveEndpoints(request.address), token, limits }
  const results: CheckResult[] = []
  const opening = open(target, target.endpoints.socket)
  const checks = [
    ...httpChecks(target),
    ...openingChecks(target, opening),
    ...dialogueChecks(target, opening),
  ]
  for (const [claim, outcome] of checks) {
    const result: CheckResult = { claim, outcome: await outcome }
    results.push(result)
    request.onResult?.(result)
  }
  const main = await opening
  if (main.kind === 'open') main.socket.leave()
  return results
}

/** Whether nothing failed; what was skipped proves nothing either way. */
export function isProved(results: readonly CheckResult[]): boolean {
  return results.every(({ outcome }) => outcome.kind !== 'failed')
}

function open({ token, limits }: Target, url: string): Promise<Opening> {
  return openProbe({ url, token, limitMs: limits.openMs })
}

function httpChecks(target: Target): Check[] {
  const { endpoints, token, limits } = target
  const ask = (url: string, judge: Parameters<typeof checkAnswer>[1]) =>
    checkAnswer({ url, token, limitMs: limits.requestMs }, judge)
  return [
    ['the service answers', ask(endpoints.health, judgeHealth)],
    ['it is ready', ask(endpoints.ready, judgeReady)],
    ['a plain GET on the socket path says 426', ask(endpoints.socketOverHttp, judgePlainGet)],
    ['a refused upgrade says why', refuse(target)],
  ]
}

function openingChecks(target: Target, opening: Promise<Opening>): Check[] {
  const main = opening.then((opened) => judgeOpening(opened, target.limits))
  return [
    ['/ws/monitoring/pipeline-status upgrades', main],
    ['/api/v1/ws/monitoring/pipeline-status upgrades', openBriefly(target)],
  ]
}

type SocketCheck = (socket: ProbeSocket, limits: VerifyLimits) => Promise<Outcome>

function dialogueChecks(target: Target, opening: Promise<Opening>): Check[] {
  const { endpoints, token, limits } = target
  const withSocket = async (check: SocketCheck) => {
    const opened = await opening
    return opened.kind === 'open' ? check(opened.socket, limits) : skipped('not tried: no socket')
  }
  const greeting = withSocket(checkGreeting)
  const firstData = withSocket(checkFirstData)
  const afterData = async (check: SocketCheck) => {
    await Promise.all([greeting, firstData])
    return withSocket(check)
  }
  const ping = afterData(checkPing)
  const badMessage = ping.then(() => withSocket(checkBadMessage))
  const compare = (check: typeof checkDocument) =>
    afterData((socket) => check({ endpoints, token, socket, limitMs: limits.agreeMs }))
  return [
    ['the greeting comes first', greeting],
    ['data comes within 1 s', firstData],
    ['ping is answered', ping],
    ['a bad message is answered, not punished', badMessage],
    ['polling the health page equals the socket', compare(checkPolledHealth)],
    ['the bare document equals the socket', compare(checkDocument)],
    ['updates follow each other in time', afterData(checkInterval)],
  ]
}

async function openBriefly(target: Target): Promise<Outcome> {
  const opening = await open(target, target.endpoints.apiSocket)
  if (opening.kind === 'open') opening.socket.leave()
  return judgeOpening(opening, target.limits)
}

async function refuse(target: Target): Promise<Outcome> {
  const opening = await open(target, target.endpoints.unknownFeed)
  switch (opening.kind) {
    case 'answered':
      return judgeRefusal(opening.answer)
    case 'failed':
      return noUpgradeAnswer(opening.error, target.limits.openMs)
    case 'open':
      opening.socket.leave()
      return failed('a feed that does not exist was opened', 'something else accepts every upgrade')
  }
}
