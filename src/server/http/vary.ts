import type { FastifyReply } from 'fastify'

/** Says that the answer also depends on these headers of the request, beside what was said before. */
export function addVary(reply: FastifyReply, ...names: readonly string[]): FastifyReply {
  const before = reply.getHeader('Vary')
  return reply.header(
    'Vary',
    [...(before === undefined ? [] : [String(before)]), ...names].join(', '),
  )
}
