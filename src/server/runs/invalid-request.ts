import type {
  FastifyError,
  FastifyReply,
  FastifyRequest,
  FastifySchemaValidationError,
} from 'fastify'
import { handleError } from '../http/error-handler.js'
import type { Problem } from './job-expectations.js'

/** The part of a request that is wrong, as Fastify calls it. */
type RequestPart = NonNullable<FastifyError['validationContext']>

/** More problems than this are not told one by one. */
const MAX_PROBLEMS = 20

const codes: Readonly<Record<string, string>> = {
  body: 'invalid_body',
  querystring: 'invalid_query',
  params: 'invalid_path',
}

/** Every member that a schema found wrong, in our words. */
export function problemsOf(found: readonly FastifySchemaValidationError[]): readonly Problem[] {
  return found.flatMap(({ keyword, instancePath, params, message }): readonly Problem[] => {
    if (keyword === 'additionalProperties') return [] // each of them is told by itself
    if (keyword === 'boolean') return [{ path: instancePath, message: 'there is no such member' }]
    const missing = params['requiredProperties']
    if (Array.isArray(missing)) {
      return missing.map((name) => ({
        path: `${instancePath}/${String(name)}`,
        message: 'is missing',
      }))
    }
    return [{ path: instancePath, message: `${message ?? 'is wrong'}${allowed(params)}` }]
  })
}

/** Answers 400 with everything that is wrong, each by its JSON pointer. */
export function sendProblems(
  reply: FastifyReply,
  part: RequestPart,
  problems: readonly Problem[],
): FastifyReply {
  const shown = problems.slice(0, MAX_PROBLEMS)
  return reply.code(400).send({
    code: codes[part] ?? 'bad_request',
    message: shown.map(({ path, message }) => `${path}: ${message}`).join('; '),
    path: shown[0]?.path ?? '',
    problems: shown,
  })
}

/** The error handler of routes whose requests are checked by schemas. */
export function handleInvalidRequest(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error.validation === undefined) return handleError(error, request, reply)
  return sendProblems(reply, error.validationContext ?? 'body', problemsOf(error.validation))
}

function allowed(params: Readonly<Record<string, unknown>>): string {
  const values = params['allowedValues']
  return Array.isArray(values) ? `: ${values.join(', ')}` : ''
}
