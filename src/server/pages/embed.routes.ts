import { existsSync } from 'node:fs'
import { join } from 'node:path'
import serveStatic from '@fastify/static'
import { Type, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import type { FastifyPluginAsync } from 'fastify'
import { HttpError } from '../http/error-handler.js'
import { addVary } from '../http/vary.js'
import { EMBED_STYLE, type EmbedOptions, embedPage } from './embed-page.js'
import { PERMISSIONS_POLICY, securityPolicy } from './security-policy.js'

/** What the routes of the element need. */
export interface EmbedRoutesDeps {
  /** Where the element was built to; it need not be there. */
  readonly builtEmbedDir: string
  /** Whose pages may frame `/embed`, besides the own ones: origins, or `*`. */
  readonly embedAncestors: readonly string[]
}

const querySchema = Type.Object({
  feed: Type.Optional(Type.String({ pattern: '^[\\w.-]{1,100}$' })),
  sources: Type.Optional(Type.String({ maxLength: 4_000 })),
  theme: Type.Optional(Type.Enum(['auto', 'light', 'dark'])),
  compact: Type.Optional(Type.Literal('1')),
  token: Type.Optional(Type.String({ maxLength: 4_000 })),
})

/** `/embed.js`: `<pipeline-status>` for pages of others. `/embed`: a page with one, for frames. */
export function embedRoutes(deps: EmbedRoutesDeps): FastifyPluginAsync {
  return async (app) => {
    app.setValidatorCompiler(TypeBoxValidatorCompiler)
    const isBuilt = existsSync(join(deps.builtEmbedDir, 'embed.js'))
    const requireBuilt = async () => {
      if (isBuilt) return
      throw new HttpError(
        404,
        'page_not_built',
        'the element is not built: run "npm run build" and start again',
      )
    }
    if (isBuilt) {
      await app.register(serveStatic, {
        root: deps.builtEmbedDir,
        serve: false,
        preCompressed: true,
      })
    }
    app.get(
      '/embed.js',
      { schema: { hide: true }, preHandler: requireBuilt },
      async (_request, reply) => {
        addVary(reply, 'Accept-Encoding')
        reply.header('Cache-Control', 'no-cache')
        return reply.sendFile('embed.js', { cacheControl: false })
      },
    )
    app.get<{ Querystring: EmbedOptions }>(
      '/embed',
      {
        schema: { hide: true, querystring: querySchema },
        preHandler: requireBuilt,
        helmet: { frameguard: false }, // frame-ancestors says it, and knows more than one origin
      },
      async (request, reply) => {
        const policy = securityPolicy({
          host: request.headers.host,
          ancestors: deps.embedAncestors,
          styleHashes: [EMBED_STYLE.hash],
        })
        reply.headers({
          'Cache-Control': 'private, no-cache',
          'Content-Security-Policy': policy,
          'Permissions-Policy': PERMISSIONS_POLICY,
        })
        return reply.type('text/html; charset=utf-8').send(embedPage(request.query))
      },
    )
  }
}
