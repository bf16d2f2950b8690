import { createHash } from 'node:crypto'
import { Type } from '@fastify/type-provider-typebox'
import { makeBadge } from 'badge-maker'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { HttpError } from '../http/error-handler.js'
import { matchesEtag } from '../http/etag.js'
import { addVary } from '../http/vary.js'
import { type Badge, MAX_LABEL_LENGTH, statusBadge, troubleBadge } from './badge.js'
import { type BadgeRequest, parseBadgePath } from './badge-request.js'
import { type BadgeDocument, type BadgeSubject, findSubject } from './badge-subject.js'

/** The value of a feed that a badge is made from. */
export interface BadgeSnapshot {
  readonly dataJson: string
  readonly isStale: boolean
  readonly generatedAt: Date
}

/** What the badge route needs. */
export interface BadgeRoutesDeps {
  /**
   * The newest value of a feed, read anew only when it is not current.
   *
   * @returns `null` when there is no such feed; resolves with `undefined` before there is any data.
   */
  readonly poll: (feed: string) => Promise<BadgeSnapshot | undefined> | null
  readonly maySeeData: (request: FastifyRequest) => Promise<boolean>
}

/** Shields asks for a badge no more often than this, whatever it is told. */
const SHIELDS_CACHE_SECONDS = 300
const NO_DATA_RETRY_MS = 5_000

/** What became of a request for a badge. */
type Finding =
  | { readonly kind: 'found'; readonly subject: BadgeSubject; readonly snapshot: BadgeSnapshot }
  | { readonly kind: 'no-data' | 'not-found' | 'sign-in' }

interface BadgeQuery {
  Params: { '*': string }
  Querystring: { label?: string }
}

/** `GET /badge/…`: the status of a feed, a pipeline or a source, for READMEs and wikis. */
export function badgeRoutes(deps: BadgeRoutesDeps): FastifyPluginAsync {
  const find = createFinder(deps)
  return async (app) => {
    app.get<BadgeQuery>(
      '/badge/*',
      {
        schema: {
          tags: ['monitoring'],
          summary: 'A status badge',
          description:
            '`<feed>.svg`, or `<feed>/<key>.svg` for a source or a pipeline, its key percent-encoded; `.json` and `.shields.json` (an endpoint for shields.io) say the same in words.',
          querystring: Type.Object({
            label: Type.Optional(Type.String({ maxLength: MAX_LABEL_LENGTH })),
          }),
        },
      },
      async (request, reply) => {
        const asked = parseBadgePath(request.params['*'])
        const polled = asked === null ? null : deps.poll(asked.feed)
        if (asked === null || polled === null) {
          throw new HttpError(404, 'no_such_badge', 'there is no such badge; see /docs')
        }
        const finding = await find(request, asked, polled)
        if (asked.format === 'json') return sendWords(reply, asked, finding)
        return sendBadge(request, reply, { asked, finding, label: request.query.label })
      },
    )
  }
}

/** A large document is parsed once, however many badges are made from it. */
function createFinder(deps: BadgeRoutesDeps) {
  let parsed: { readonly of: string; readonly document: BadgeDocument } | undefined
  return async (
    request: FastifyRequest,
    asked: BadgeRequest,
    polled: Promise<BadgeSnapshot | undefined>,
  ): Promise<Finding> => {
    const [snapshot, maySeeData] = await Promise.all([polled, deps.maySeeData(request)])
    if (!maySeeData) return { kind: 'sign-in' }
    if (snapshot === undefined) return { kind: 'no-data' }
    if (parsed?.of !== snapshot.dataJson) {
      parsed = { of: snapshot.dataJson, document: JSON.parse(snapshot.dataJson) as BadgeDocument }
    }
    const subject = findSubject(parsed.document, asked.key)
    return subject === null ? { kind: 'not-found' } : { kind: 'found', subject, snapshot }
  }
}

/** The JSON form is for programs: what cannot be shown is an error there, as everywhere. */
function sendWords(
  reply: FastifyReply,
  { feed, key }: BadgeRequest,
  finding: Finding,
): FastifyReply {
  cached(reply)
  switch (finding.kind) {
    case 'found': {
      const { subject, snapshot } = finding
      return reply.send({
        feed,
        ...(key === null ? {} : { key }),
        ...subject,
        ...(snapshot.isStale ? { stale: true } : {}),
        generated_at: snapshot.generatedAt.toISOString(),
      })
    }
    case 'not-found':
      throw new HttpError(404, 'no_such_source', 'there is no such source or pipeline')
    case 'sign-in':
      throw new HttpError(401, 'unauthorized', 'a token is needed: send Authorization: Bearer')
    case 'no-data':
      throw new HttpError(503, 'no_data', 'the database cannot be read yet', {
        retryAfterMs: NO_DATA_RETRY_MS,
      })
  }
}

/** The drawn forms always show something: a picture that is broken says nothing. */
function sendBadge(
  request: FastifyRequest,
  reply: FastifyReply,
  { asked, finding, label }: { asked: BadgeRequest; finding: Finding; label: string | undefined },
): FastifyReply {
  const badge = badgeOf(asked, finding, label)
  const isShields = asked.format === 'shields'
  const body = isShields ? JSON.stringify(shieldsOf(badge)) : svgOf(badge)
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  cached(reply).header('ETag', etag)
  // Shields shows nothing of an answer that is not a success.
  if (!isShields) reply.code(statusOf(finding))
  if (reply.statusCode === 200 && matchesEtag(request.headers['if-none-match'], etag)) {
    return reply.code(304).send()
  }
  return reply
    .type(isShields ? 'application/json; charset=utf-8' : 'image/svg+xml; charset=utf-8')
    .send(body)
}

function badgeOf(asked: BadgeRequest, finding: Finding, label: string | undefined): Badge {
  if (finding.kind !== 'found') {
    return troubleBadge(label ?? asked.key ?? 'pipelines', finding.kind)
  }
  const { subject, snapshot } = finding
  return statusBadge(label ?? subject.name, { status: subject.status, isStale: snapshot.isStale })
}

function statusOf({ kind }: Finding): number {
  if (kind === 'not-found') return 404
  return kind === 'sign-in' ? 401 : 200
}

function svgOf({ label, message, color, labelColor }: Badge): string {
  return makeBadge({ label, message, color, labelColor })
}

function shieldsOf({ isError, ...words }: Badge): object {
  return {
    schemaVersion: 1,
    ...words,
    ...(isError ? { isError } : {}),
    cacheSeconds: SHIELDS_CACHE_SECONDS,
  }
}

/** GitHub's proxy keeps what says nothing of its age for a year, errors included. */
function cached(reply: FastifyReply): FastifyReply {
  return addVary(reply, 'Authorization').header('Cache-Control', 'no-cache')
}
