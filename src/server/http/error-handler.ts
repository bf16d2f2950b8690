import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'

/** A request that cannot be served, in the form in which the caller hears of it. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly statusCode: number
  readonly code: string
  /** A JSON pointer to what is wrong with the body, where there is such a place. */
  readonly path: string | undefined
  readonly retryAfterMs: number | undefined

  constructor(
    statusCode: number,
    code: string,
    message: string,
    more: { readonly path?: string; readonly retryAfterMs?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause })
    this.statusCode = statusCode
    this.code = code
    this.path = more.path
    this.retryAfterMs = more.retryAfterMs
  }
}

/** What Fastify and zlib find wrong with a request by themselves, in our words. */
const foreignErrors: Readonly<Record<string, { readonly code: string; readonly message: string }>> =
  {
    FST_ERR_CTP_BODY_TOO_LARGE: {
      code: 'too_large',
      message: 'the body is larger than the limit for this route',
    },
    FST_ERR_CTP_INVALID_MEDIA_TYPE: {
      code: 'unsupported_media_type',
      message: 'send JSON with Content-Type: application/json',
    },
    FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'empty_body', message: 'the body is empty: send JSON' },
    FST_ERR_CTP_INVALID_JSON_BODY: { code: 'invalid_json', message: 'the body is not JSON' },
    FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
      code: 'invalid_content_length',
      message: 'the body is not as long as Content-Length says',
    },
    Z_DATA_ERROR: { code: 'bad_gzip', message: 'the body is not gzip' },
    Z_BUF_ERROR: { code: 'bad_gzip', message: 'the body ends before the gzip in it does' },
  }

/** Sends Retry-After in whole seconds, as the header wants it. */
export function setRetryAfter(reply: FastifyReply, retryAfterMs: number): FastifyReply {
  return reply.header('Retry-After', String(Math.ceil(retryAfterMs / 1000)))
}

/**
 * The one place where an error becomes an answer. What is the caller's to know is said; what is
 * ours is logged, without the message of a driver in the answer, since it may hold a password.
 */
export function handleError(
  error: FastifyError | HttpError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const status = error.statusCode ?? 500
  if (error instanceof HttpError && error.retryAfterMs !== undefined) {
    setRetryAfter(reply, error.retryAfterMs)
  }
  if (status >= 500) logFailure(error, request)
  if (status >= 500 && !(error instanceof HttpError)) {
    return reply.code(500).send({ code: 'internal_error', message: 'something broke; see the log' })
  }
  const known = foreignErrors[error.code]
  return reply.code(status).send({
    code: known?.code ?? (error instanceof HttpError ? error.code : 'bad_request'),
    message: known?.message ?? error.message,
    ...(error instanceof HttpError && error.path !== undefined ? { path: error.path } : {}),
  })
}

/** A refusal has no stack, since an outage has thousands; what nobody thought of has one. */
function logFailure(error: FastifyError | HttpError, request: FastifyRequest): void {
  const { code } = error
  if (error instanceof HttpError) request.log.warn({ code, cause: causeOf(error) }, 'cannot serve')
  else request.log.error({ code, cause: causeOf(error), stack: error.stack }, 'request failed')
}

/** The code of what is at the bottom of it, such as that of Postgres or of the connection to it. */
function causeOf(error: Error): unknown {
  const { cause } = error
  if (!(cause instanceof Error)) return undefined
  return causeOf(cause) ?? (cause as { code?: unknown }).code
}

/** Answers for paths that are not there; it does not repeat the path, which may hold a token. */
export function handleNotFound(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.code(404).send({ code: 'not_found', message: 'there is nothing here; see /docs' })
}
