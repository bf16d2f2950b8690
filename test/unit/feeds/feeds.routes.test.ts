import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { Feed } from '../../../src/server/feeds/feed.js'
import { FeedViews, MAX_VIEWS } from '../../../src/server/feeds/feed-views.js'
import { feedRoutes } from '../../../src/server/feeds/feeds.routes.js'
import { handleError, HttpError } from '../../../src/server/http/error-handler.js'

const PATH = '/api/v1/monitoring/pipeline-status'
const AT = new Date('2026-01-28T12:00:00.000Z')

const open: FastifyInstance[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()))
})

/** A server with one feed, whose document is what `read` says. */
async function serve(
  read: () => Promise<unknown>,
  requireViewer: () => Promise<void> = () => Promise.resolve(),
): Promise<{ readonly app: FastifyInstance; readonly feed: Feed; readonly views: FeedViews }> {
  const feed = new Feed({
    name: 'pipeline-status',
    epoch: 'e1',
    read,
    intervalMs: 5_000,
    now: () => AT,
    log: { info: () => undefined, warn: () => undefined },
  })
  const app = Fastify()
  app.setErrorHandler(handleError)
  const views = new FeedViews(feed, () => 0)
  await app.register(feedRoutes({ feeds: new Map([[feed.name, views]]), requireViewer }))
  open.push(app)
  return { app, feed, views }
}

describe('GET /api/v1/monitoring/:feed', () => {
  it('[polling] is the bare document, and what is to be known of it in headers', async () => {
    const { app } = await serve(() => Promise.resolve({ status: 'Healthy' }))

    const answer = await app.inject(PATH)

    expect(answer.statusCode).toBe(200)
    expect(answer.body).toBe('{"status":"Healthy"}')
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-cache',
      'pipecast-epoch': 'e1',
      'pipecast-seq': '1',
      'pipecast-generated-at': '2026-01-28T12:00:00.000Z',
      'pipecast-stale': 'false',
    })
  })

  it.each([
    ['%', 304],
    ['W/%', 304],
    ['"other", %', 304],
    ['"other",W/%', 304],
    ['*', 304],
    ['"other"', 200],
    ['', 200],
  ])('[polling] If-None-Match: %s is answered %i', async (template, status) => {
    const { app } = await serve(() => Promise.resolve({ status: 'Healthy' }))
    const { etag } = (await app.inject(PATH)).headers
    const header = template.replace('%', String(etag))

    const answer = await app.inject({ url: PATH, headers: { 'if-none-match': header } })

    expect(answer.statusCode).toBe(status)
    expect(answer.headers.etag).toBe(etag)
    expect(answer.headers['pipecast-seq']).toBe('1')
    expect(answer.body === '').toBe(status === 304)
  })

  it('[stale] says that the document is stale', async () => {
    let isAway = false
    const { app, feed } = await serve(() =>
      isAway ? Promise.reject(new Error('away')) : Promise.resolve({ status: 'Healthy' }),
    )
    await app.inject(PATH)
    isAway = true
    await feed.refresh()

    const answer = await app.inject(PATH)

    expect(answer.statusCode).toBe(200)
    expect(answer.headers['pipecast-stale']).toBe('true')
  })

  it('[polling] asks for patience while there is nothing to show', async () => {
    const { app } = await serve(() => Promise.reject(new Error('password=hunter2')))

    const answer = await app.inject(PATH)

    expect(answer.statusCode).toBe(503)
    expect(answer.headers['retry-after']).toBe('5')
    expect(answer.json()).toEqual({ code: 'no_data', message: 'the database cannot be read yet' })
  })

  it('[P3.12] narrows the document to what is asked for, with a tag and a sequence of its own', async () => {
    let b = 1
    const { app, feed } = await serve(() =>
      Promise.resolve({ status: 'Healthy', sources: { a: { n: 1 }, b: { n: b } } }),
    )
    const url = `${PATH}?sources=a,nowhere`
    const whole = await app.inject(PATH)
    const first = await app.inject(url)
    b = 2
    await feed.refresh()
    const again = await app.inject({
      url,
      headers: { 'if-none-match': String(first.headers.etag) },
    })

    expect(first.json()).toEqual({ status: 'Healthy', sources: { a: { n: 1 } } })
    expect(first.headers.etag).not.toBe(whole.headers.etag)
    expect(first.headers).toMatchObject({ 'pipecast-epoch': 'e1.1', 'pipecast-seq': '1' })
    expect(again.statusCode).toBe(304)
    expect(again.headers).toMatchObject({ 'pipecast-epoch': 'e1.1', 'pipecast-seq': '1' })
    expect((await app.inject(PATH)).headers['pipecast-seq']).toBe('2')
  })

  it('[P1.13] is no document for a view that cannot be understood', async () => {
    const { app, feed } = await serve(() => Promise.resolve(1))

    const answer = await app.inject(`${PATH}?view=everything`)

    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toEqual({ code: 'bad_view', message: 'view is full or totals' })
    expect(feed.readCount).toBe(0)
  })

  it('[P1.13] asks for patience while too many other views are listened to', async () => {
    const { app, views } = await serve(() => Promise.resolve({ sources: {} }))
    for (let index = 0; index < MAX_VIEWS; index += 1) {
      views.find({ sources: [`s${index}`] })?.hold()
    }

    const answer = await app.inject(`${PATH}?sources=another`)

    expect(answer.statusCode).toBe(503)
    expect(answer.headers['retry-after']).toBe('5')
    expect(answer.json()).toMatchObject({ code: 'too_many_views' })
    expect((await app.inject(`${PATH}?sources=s7`)).statusCode).toBe(200)
    expect((await app.inject(PATH)).statusCode).toBe(200)
  })

  it('[polling] knows no other feed', async () => {
    const { app } = await serve(() => Promise.resolve(1))

    const answer = await app.inject('/api/v1/monitoring/other')

    expect(answer.statusCode).toBe(404)
    expect(answer.json<{ code: string }>().code).toBe('no_such_feed')
  })

  it('[tokens] shows nothing, and reads nothing, for one who may not watch', async () => {
    const refuse = () => Promise.reject(new HttpError(401, 'unauthorized', 'a token is needed'))
    const { app, feed } = await serve(() => Promise.resolve(1), refuse)

    const answer = await app.inject(PATH)

    expect(answer.statusCode).toBe(401)
    expect(feed.readCount).toBe(0)
  })
})
