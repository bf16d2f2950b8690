import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { View } from '../../protocol/index.js'
import type { AskingRequest } from '../http/edge.js'
import { setRetryAfter } from '../http/error-handler.js'
import { type AdmissionFacts, decideAdmission, type Refusal, TOO_MANY_VIEWS } from './admission.js'
import type { Audience } from './audience.js'
import type { TokenVerdict } from './connection-context.js'
import type { ConnectionManager } from './connection-manager.js'
import type { Transport } from './listener.js'
import type { Place } from './places.js'

/** What the admission of a request needs. */
export interface RequestAdmissionDeps {
  readonly manager: ConnectionManager
  readonly isOriginAllowed: (request: AskingRequest) => boolean
  readonly addressOf: (request: AskingRequest) => string
  /** The token that a viewer sent with the request; `null` when there is none. */
  readonly tokenOf: (request: FastifyRequest) => string | null
  /** `null` when watching needs no token. */
  readonly verifyToken: ((token: string) => Promise<TokenVerdict>) | null
}

/** Where a client that is not let in finds the same data. */
export const FALLBACK = '/api/v1/public/health'

/** What somebody has who was let in. */
export interface Admitted {
  readonly place: Place
  readonly audience: Audience
  /** `null` when its client has promised to show one. */
  readonly token: TokenVerdict | null
}

/** What was decided about a request. */
export type RequestAdmission =
  | (Admitted & { readonly refusal: null })
  | { readonly refusal: Refusal; readonly address: string }

/** A request to listen, and over what. */
export interface ListenRequest {
  readonly request: FastifyRequest
  readonly transport: Transport
  readonly feed: string
  readonly view: View
  /** What lives as long as the client is served: the place is given back when it closes. */
  readonly until: Socket | ServerResponse
  /** Its client has promised to show a token once it is connected. */
  readonly hasPromisedToken: boolean
}

/** Decides about a request to listen, and takes its place at once when it is let in. */
export async function admitRequest(
  listen: ListenRequest,
  deps: RequestAdmissionDeps,
): Promise<RequestAdmission> {
  const { request, transport, hasPromisedToken } = listen
  const admission = admitAtOnce(listen, await judgeToken(request, hasPromisedToken, deps), deps)
  if (admission.refusal !== null) {
    const { address, refusal } = admission
    deps.manager.noteRefusal(transport, refusal.code)
    request.log.info({ address, code: refusal.code }, `${transport} refused`)
  }
  return admission
}

/** What the token that somebody came with says. */
export interface TokenClaim {
  readonly claim: AdmissionFacts['token']
  readonly verdict: TokenVerdict | null
}

/** Of everybody, where watching needs no token. */
export const NO_TOKEN_NEEDED: TokenClaim = {
  claim: 'not_needed',
  verdict: { isAccepted: true, expiresAt: null },
}

/** Decides, and takes the place. Nothing may wait in between, or two could take the same one. */
export function admitAtOnce(
  asked: Pick<ListenRequest, 'feed' | 'view' | 'until'> & { readonly request: AskingRequest },
  { claim, verdict }: TokenClaim,
  deps: RequestAdmissionDeps,
): RequestAdmission {
  const { manager } = deps
  const { request, feed, view, until } = asked
  const address = deps.addressOf(request)
  const reason = decideAdmission({
    isDraining: manager.isDraining,
    isOriginAllowed: deps.isOriginAllowed(request),
    token: claim,
    place: manager.vacancyFor(address),
  })
  // Nothing is made for one who is not let in.
  const audience = reason === null ? manager.joinAudience(feed, view) : null
  if (audience === null) return { refusal: reason ?? TOO_MANY_VIEWS, address }
  const place = manager.takePlace(address)
  // Also when the handshake fails after all, or its client left while the token was looked at.
  const leave = () => {
    place.release()
    manager.leaveAudience(audience)
  }
  if (until.destroyed) leave()
  else until.once('close', leave)
  return { refusal: null, place, audience, token: verdict }
}

/** Answers a request that is not let in. */
export function sendRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  return setRetryAfter(reply, refusal.retryAfterMs).code(refusal.status).send({
    code: refusal.code,
    message: refusal.message,
    retry_after_ms: refusal.retryAfterMs,
    fallback: FALLBACK,
  })
}

async function judgeToken(
  request: FastifyRequest,
  hasPromisedToken: boolean,
  deps: RequestAdmissionDeps,
): Promise<TokenClaim> {
  if (deps.verifyToken === null) return NO_TOKEN_NEEDED
  const token = deps.tokenOf(request)
  if (token === null) return { claim: hasPromisedToken ? 'promised' : 'missing', verdict: null }
  const verdict = await deps.verifyToken(token)
  return { claim: verdict.isAccepted ? 'accepted' : 'bad', verdict }
}
