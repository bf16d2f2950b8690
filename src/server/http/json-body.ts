import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { FastifyInstance, FastifyRequest, preParsingHookHandler } from 'fastify'
import { HttpError } from './error-handler.js'

/**
 * Makes a scope read JSON whatever Content-Type says, since a report refused for a header is a
 * report lost. Text that is not UTF-8 is read as well as it can be.
 */
export function acceptAnyJson(app: FastifyInstance): void {
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
export const unpackGzip: preParsingHookHandler = (request, _reply, payload, done) => {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') {
    done(null, payload)
  } else if (encoding === 'gzip' || encoding === 'x-gzip') {
    done(null, gunzip(request, payload))
  } else {
    done(new HttpError(415, 'unsupported_encoding', 'send the body plain or with gzip'))
  }
}

function gunzip(request: FastifyRequest, packed: Readable): Readable {
  const unpacked = Object.assign(createGunzip(), { receivedEncodedLength: 0 })
  packed.on('data', (chunk: Buffer) => {
    unpacked.receivedEncodedLength += chunk.length // what Content-Length is compared with
  })
  packed.on('error', (error) => unpacked.destroy(error))
  unpacked.on('error', (error) => {
    // Fastify answers with what it finds on the error.
    Object.assign(error, { statusCode: 400, code: 'bad_gzip', message: 'the body is not gzip' })
  })
  request.raw.once('close', () => unpacked.destroy())
  return packed.pipe(unpacked)
}

function describeJson(text: string): string {
  return text.trim() === '' ? 'the body is empty: send JSON' : 'the body is not JSON'
}
