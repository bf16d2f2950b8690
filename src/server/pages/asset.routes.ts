import { existsSync } from 'node:fs'
import { join } from 'node:path'
import serveStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'
import { addVary } from '../http/vary.js'
import { FAVICON, ROBOTS, WEB_MANIFEST } from './site-files.js'

const YEAR_MS = 31_536_000_000
const DAY_SECONDS = 86_400

/** `/assets/*`: the built files, whose names change with what is in them; and the favicon. */
export function assetRoutes(builtPageDir: string): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onSend', async (_request, reply) => {
      addVary(reply, 'Accept-Encoding')
    })
    const root = join(builtPageDir, 'assets')
    if (existsSync(root)) {
      await app.register(serveStatic, {
        root,
        prefix: '/assets/',
        decorateReply: false,
        index: false,
        immutable: true,
        maxAge: YEAR_MS,
        preCompressed: true,
      })
    }
    for (const [path, file] of Object.entries({
      '/favicon.svg': FAVICON,
      '/favicon.ico': FAVICON,
      '/manifest.webmanifest': WEB_MANIFEST,
      '/robots.txt': ROBOTS,
    })) {
      app.get(path, { schema: { hide: true } }, async (_request, reply) =>
        reply
          .header('Cache-Control', `max-age=${DAY_SECONDS}`)
          .type(file.contentType)
          .send(file.text),
      )
    }
  }
}
