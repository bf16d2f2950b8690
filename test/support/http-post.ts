import { type Agent, type IncomingHttpHeaders, request } from 'node:http'

/** What came back. */
export interface PostAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The answer's JSON; `undefined` for an answer without a body. */
  readonly json: unknown
}

/** How to send it. */
export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Sends it in chunks without Content-Length, as Java does. */
  readonly isChunked?: boolean
  readonly agent?: Agent
}

/** Posts bytes as they are: no header is added but Host and the length. */
export function postBytes(
  url: string,
  body: string | Buffer,
  options: PostOptions = {},
): Promise<PostAnswer> {
  const bytes = Buffer.from(body)
  const length = options.isChunked === true ? {} : { 'Content-Length': bytes.length }
  return new Promise((resolve, reject) => {
    const post = request(url, {
      method: 'POST',
      headers: { ...length, ...options.headers },
      ...(options.agent === undefined ? {} : { agent: options.agent }),
    })
    post.on('error', reject)
    post.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          json: text === '' ? undefined : (JSON.parse(text) as unknown),
        })
      })
    })
    for (let start = 0; start < bytes.length; start += 65_536) {
      post.write(bytes.subarray(start, start + 65_536))
    }
    post.end()
  })
}

/** Posts a value as JSON. */
export function postJson(
  url: string,
  value: unknown,
  options: PostOptions = {},
): Promise<PostAnswer> {
  const headers = { 'Content-Type': 'application/json', ...options.headers }
  return postBytes(url, JSON.stringify(value), { ...options, headers })
}
