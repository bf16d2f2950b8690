import { SignJWT } from 'jose'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServerProcess, startServer } from '../support/server-process.js'
import {
  attemptSocket,
  isUpdate,
  openSocket,
  PIPELINE_STATUS_PATH,
  type SocketOptions,
} from '../support/socket-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const TOKEN = 'a-long-view-token-0123456789'
const WRONG_TOKEN = 'another-token-which-is-not-listed'
const SECRET = 'a-secret-of-more-than-32-characters-for-tests'

let database: TestDatabase
let server: ServerProcess
const shown: string[] = [TOKEN, WRONG_TOKEN, SECRET]

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({
    databaseUrl: database.connectionString,
    env: {
      VIEW_TOKENS: TOKEN,
      VIEW_JWT_SECRET: SECRET,
      BROADCAST_INTERVAL_MS: '300',
      LOG_LEVEL: 'trace',
    },
  })
})

afterAll(async () => {
  await server.kill()
  await database.drop()
})

async function sign(secondsLeft: number, secret = SECRET): Promise<string> {
  const token = await new SignJWT({ sub: 'viewer' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(Math.ceil(Date.now() / 1_000) + secondsLeft)
    .sign(new TextEncoder().encode(secret))
  shown.push(token)
  return token
}

const bearing = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })

async function attempt(query: string, options?: SocketOptions) {
  return attemptSocket(`${server.socketUrl}${PIPELINE_STATUS_PATH}${query}`, options)
}

describe('where watching needs a token', () => {
  it.each([
    ['none', '', undefined],
    ['a wrong one in the header', '', bearing(WRONG_TOKEN)],
    ['a wrong one in the query', `?token=${WRONG_TOKEN}`, undefined],
    ['a wrong one beside a promise', `?token=${WRONG_TOKEN}&auth=message`, undefined],
  ])('[P2.1] [P2.6] a client with %s is refused with 401', async (_what, query, options) => {
    const answer = await attempt(query, options)

    if (answer.kind === 'open') throw new Error('let in')
    expect(answer.status).toBe(401)
    expect(answer.headers['retry-after']).toBe('60')
    expect(JSON.parse(answer.body)).toMatchObject({
      code: 'unauthorized',
      retry_after_ms: 60_000,
      fallback: '/api/v1/public/health',
    })
  })

  it.each([
    ['in the header', '', bearing(TOKEN)],
    ['in the query', `?token=${TOKEN}`, undefined],
  ])('[P2.6] a client with one %s is let in and gets data', async (_what, query, options) => {
    const answer = await attempt(query, options)

    if (answer.kind === 'refused') throw new Error(answer.body)
    await answer.client.frame(isUpdate, { timeoutMs: 1_000 })
    expect(answer.client.parsed.map(({ type }) => type)).not.toContain('auth_required')
    await answer.client.leave()
  })

  it('[P2.6] [P4.7] a client that promises one gets no data before it keeps its word', async () => {
    const client = await openSocket(`${server.socketUrl}${PIPELINE_STATUS_PATH}?auth=message`)

    const required = await client.ofType('auth_required')
    client.send({ type: 'refresh' })
    client.send({ type: 'resume' })
    await delay(1_000)
    client.send({ type: 'auth', token: WRONG_TOKEN })
    const error = await client.ofType('error')
    await delay(500)
    const before = client.parsed.map(({ type }) => type)
    client.send({ type: 'auth', token: TOKEN })
    const accepted = await client.ofType('auth_ok')
    await client.frame(isUpdate, { timeoutMs: 1_000 })

    expect(required.grace_ms).toBe(25_000)
    expect(error.code).toBe('unauthorized')
    expect(before).toEqual(['connection_status', 'auth_required', 'error'])
    expect(accepted.expires_at).toBeUndefined()
    await client.leave()
  })

  it('[P1.4] [P1.5] the polling endpoints keep the data to themselves as well', async () => {
    const bare = await server.get('/api/v1/monitoring/pipeline-status')
    const fallback = await server.getJson<object>('/api/v1/public/health')
    const withToken = await server.getJson<object>('/api/v1/public/health', bearing(TOKEN).headers)
    const health = await server.getJson<object>('/health', bearing(TOKEN).headers)

    expect(bare.status).toBe(401)
    expect(fallback).not.toHaveProperty('data')
    expect(fallback).toHaveProperty('connections.accepting', true)
    expect(withToken).toHaveProperty('data.status')
    expect(health).toMatchObject({ token_present: true, token_valid: true })
  })
})

describe('a token that expires', () => {
  it('[P2.6] is refused when it has, or when somebody else has signed it', async () => {
    const expired = await attempt('', bearing(await sign(-1)))
    const forged = await attempt('', bearing(await sign(60, `${SECRET}!`)))

    expect(expired).toMatchObject({ kind: 'refused', status: 401 })
    expect(forged).toMatchObject({ kind: 'refused', status: 401 })
  })

  it('[P4.4] [P4.7] is asked for again when it expires on a live connection, and renewed by auth', async () => {
    const answer = await attempt('', bearing(await sign(1)))
    if (answer.kind === 'refused') throw new Error(answer.body)
    const { client } = answer

    const required = await client.ofType('auth_required', { timeoutMs: 4_000 })
    client.send({ type: 'auth', token: await sign(600) })
    const renewed = await client.ofType('auth_ok')
    const position = client.frames.length
    await client.frame(isUpdate, { from: position, timeoutMs: 2_000 })

    expect(required.grace_ms).toBe(25_000)
    const leftMs = Date.parse(renewed.expires_at ?? '') - Date.now()
    expect(leftMs).toBeGreaterThan(590_000)
    expect(leftMs).toBeLessThan(602_000)
    expect(client.parsed.filter(({ type }) => type === 'auth_required')).toHaveLength(1)
    await client.leave()
  })

  it('[P4.4] may be renewed before it expires, and is then not asked for', async () => {
    const answer = await attempt('', bearing(await sign(1)))
    if (answer.kind === 'refused') throw new Error(answer.body)
    const { client } = answer

    client.send({ type: 'auth', token: await sign(600) })
    await client.ofType('auth_ok')
    await delay(2_500)

    expect(client.end).toBeUndefined()
    expect(client.parsed.map(({ type }) => type)).not.toContain('auth_required')
    await client.leave()
  })
})

describe('the log', () => {
  it('never shows a token, at any level', async () => {
    await attempt('', bearing(await sign(60)))
    await attempt('', bearing(await sign(-1)))
    await attempt(`?token=${WRONG_TOKEN}`)
    await server.get(`/nowhere?token=${TOKEN}`)
    await server.get(`/api/v1/monitoring/pipeline-status?token=${WRONG_TOKEN}`)
    await delay(100)

    const output = server.output()

    expect(server.log.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(['WebSocket connected', 'WebSocket refused', 'request']),
    )
    expect(shown.filter((secret) => output.includes(secret))).toEqual([])
    expect(output).not.toContain(new URL(database.connectionString).password)
  })
})
