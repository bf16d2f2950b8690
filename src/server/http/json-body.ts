import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, preParsingHookHandler } from 'fastify'
import { HttpError } from './error-handler.js'

/**
 * Makes a scope read JSON whatever Content-Type says, since a report refused for a header is a
 * report lost. Text that is not UTF-8 is read as well as it can be.
 */
export function acceptAnyJson(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    // Fastify refuses what is no media type at all before it asks any parser.
    request.raw.headers['content-type'] = 'application/json'
    done()
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    const text = body.toString('utf8').replace(/^\uFEFF/, '')
    try {
      done(null, JSON.parse(text))
    } catch (cause) {
      done(new HttpError(400, 'invalid_json', describeJson(text), { path: '', cause }))
    }
  })
}

/**
 * Unpacks gzip bodies, with or without Content-Length. The body limit of the route holds for what
 * comes out, so a small body cannot become a large one.
 */
export const unpackGzip: preParsingHookHandler = (request, reply, payload, done) => {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') {
    done(null, payload)
  } else if (encoding === 'gzip' || encoding === 'x-gzip') {
    done(null, gunzip(payload, reply))
  } else {
    done(new HttpError(415, 'unsupported_encoding', 'send the body plain or with gzip'))
  }
}

function gunzip(packed: Readable, reply: FastifyReply): Readable {
  const unpacked = Object.assign(createGunzip(), { receivedEncodedLength: 0 })
  packed.on('data', (chunk: Buffer) => {
    unpacked.receivedEncodedLength += chunk.length // what Content-Length is compared with
  })
  packed.on('error', (error) => unpacked.destroy(error))
  unpacked.on('error', (error) => {
    Object.assign(error, { statusCode: 400 }) // or Fastify would take it for a fault of ours
  })
  // Not the request: that closes as soon as the last packed byte is read.
  reply.raw.once('close', () => unpacked.destroy())
  return packed.pipe(unpacked)
}

function describeJson(text: string): string {
  return text.trim() === '' ? 'the body is empty: send JSON' : 'the body is not JSON'
}
