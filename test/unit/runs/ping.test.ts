import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Ping,
  type PingableRun,
  type PingedJob,
  pingEvent,
  readPing,
  ridRunId,
} from '../../../src/server/runs/ping.js'
import { runIdOf } from '../../support/run-events.js'

const RID = '3b452093-782c-4ef2-9c0c-aafe2aa6f34d'
const receivedAt = new Date('2026-01-28T12:30:45.123Z')
const nothing: PingedJob = { named: null, open: null, newest: null }

const read = (action?: string, query: object = {}, slug = 'nightly') =>
  readPing({ slug, ...(action === undefined ? {} : { action }), query })

const aRun = (about: Partial<PingableRun> = {}): PingableRun => ({
  runId: '00000000-0000-8000-8000-000000000001',
  state: 'RUNNING',
  hasStart: true,
  logTail: null,
  ...about,
})

const event = (about: Partial<Ping>, job: PingedJob | null = nothing, body = '') =>
  pingEvent(
    { slug: 'nightly', signal: 'success', mayCreate: false, ...about },
    { receivedAt, body, job },
  )

describe('what a URL means', () => {
  it.each([
    [undefined, { signal: 'success' }],
    ['start', { signal: 'start' }],
    ['fail', { signal: 'fail' }],
    ['log', { signal: 'log' }],
    ['0', { signal: 'success', exitCode: 0 }],
    ['000', { signal: 'success', exitCode: 0 }],
    ['1', { signal: 'fail', exitCode: 1 }],
    ['255', { signal: 'fail', exitCode: 255 }],
  ])('is told by the last part: %s', (action, meaning) => {
    expect(read(action)).toEqual({ slug: 'nightly', mayCreate: false, ...meaning })
  })

  it.each(['256', '-1', '1.5', '1e1', '', 'Start', 'begin', '0x1', '99999999999999999999', '٣'])(
    'is nothing when the last part is %j',
    (action) => {
      expect(read(action)).toBeNull()
    },
  )

  it.each(['Nightly', 'a.b', 'a b', 'ä', '', 'a/b', 'a'.repeat(513)])(
    'is nothing when the slug is %j',
    (slug) => {
      expect(read('start', {}, slug)).toBeNull()
    },
  )

  it.each(['a', 'nightly-ingest_2', '0', RID, 'a'.repeat(512)])('takes the slug %s', (slug) => {
    expect(read('start', {}, slug)).toMatchObject({ slug })
  })

  it('takes a rid in any case for one rid, and nothing but a whole UUID', () => {
    expect(read('start', { rid: RID.toUpperCase() })).toMatchObject({ rid: RID })
    for (const rid of ['', '7', RID.replaceAll('-', ''), `{${RID}}`, `${RID} `, [RID, RID]]) {
      expect(read('start', { rid })).toBeNull()
    }
  })

  it('may create a job when create is 1, and only then', () => {
    expect(read('start', { create: '1' })).toMatchObject({ mayCreate: true })
    for (const create of ['0', '', 'true', '11', ['1', '1']]) {
      expect(read('start', { create })).toMatchObject({ mayCreate: false })
    }
  })

  it('is read without an exception, whatever the parts are', () => {
    const parts = fc.record({
      slug: fc.string({ unit: 'binary' }),
      action: fc.string({ unit: 'binary' }),
      query: fc.record({ rid: fc.anything(), create: fc.anything() }),
    })
    fc.assert(
      fc.property(parts, (url) => {
        const ping = readPing(url)
        expect(ping === null || /^[a-z0-9_-]+$/.test(ping.slug)).toBe(true)
      }),
    )
  })
})

describe('the event of a ping', () => {
  it.each([
    ['start', 'START'],
    ['success', 'COMPLETE'],
    ['fail', 'FAIL'],
    ['log', 'OTHER'],
  ] as const)('%s is %s, at the time of its receipt', (signal, type) => {
    expect(event({ signal })).toMatchObject({
      namespace: 'default',
      name: 'nightly',
      type,
      at: '2026-01-28T12:30:45.123Z',
    })
  })

  it('is another one each time, even for the same ping in the same millisecond', () => {
    expect(event({}).id).not.toBe(event({}).id)
  })

  it('tells of the exit code and the last line of a failure', () => {
    const failed = event({ signal: 'fail', exitCode: 3 }, nothing, 'one\ndisk full\n\n')

    expect(failed).toMatchObject({ exitCode: 3, error: 'exit code 3: disk full' })
    expect(event({ signal: 'fail', exitCode: 3 }).error).toBe('exit code 3')
    expect(event({ signal: 'fail' }, nothing, 'no route').error).toBe('no route')
    expect(event({ signal: 'fail' })).not.toHaveProperty('error')
  })

  it('has no error when it is no failure, whatever was printed', () => {
    const done = event({ signal: 'success', exitCode: 0 }, nothing, 'all fine')

    expect(done).toMatchObject({ exitCode: 0, logTail: 'all fine' })
    expect(done).not.toHaveProperty('error')
  })

  it('keeps no secret that was printed', () => {
    const failed = event({ signal: 'fail' }, nothing, 'postgres://joe:hunter2@db/x refused')

    expect(JSON.stringify(failed)).not.toContain('hunter2')
  })
})

describe('the run of a ping', () => {
  const open = aRun()
  const foreign = aRun({ runId: runIdOf(7) })

  it('is a new one for a start, though another run is in progress', () => {
    const { runId } = event({ signal: 'start' }, { ...nothing, open, newest: open })

    expect(runId).not.toBe(open.runId)
    expect(runId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(runId).not.toBe(event({ signal: 'start' }, nothing).runId)
  })

  it('is the one that logs have opened, for the start that follows them', () => {
    const logged = aRun({ state: 'NEW', hasStart: false })

    expect(event({ signal: 'start' }, { ...nothing, open: logged }).runId).toBe(logged.runId)
  })

  it.each(['success', 'fail', 'log'] as const)('is the newest in progress, for %s', (signal) => {
    expect(event({ signal }, { ...nothing, open, newest: foreign }).runId).toBe(open.runId)
  })

  it('is a new one for a finish when only others have reported runs', () => {
    const { runId } = event({}, { ...nothing, newest: aRun({ ...foreign, state: 'TIMED_OUT' }) })

    expect(runId).not.toBe(foreign.runId)
  })

  it('is the newest one when the clock had ended it, for a finish that comes late', () => {
    const givenUp = aRun({ state: 'TIMED_OUT' })
    const over = aRun({ state: 'COMPLETED' })

    expect(event({}, { ...nothing, newest: givenUp }).runId).toBe(givenUp.runId)
    expect(event({}, { ...nothing, newest: over }).runId).not.toBe(over.runId)
  })

  it('is the newest one for a log while none is in progress, whoever reported it', () => {
    const over = aRun({ ...foreign, state: 'COMPLETED' })

    expect(event({ signal: 'log' }, { ...nothing, newest: over }).runId).toBe(over.runId)
  })

  it('is told by the rid and the job alone, where there is a rid', () => {
    const start = event({ signal: 'start', rid: RID }, { ...nothing, open, newest: open })
    const end = event({ rid: RID }, { ...nothing, open, newest: open })

    expect(start.runId).toBe(ridRunId('nightly', RID))
    expect(end.runId).toBe(start.runId)
    expect(ridRunId('hourly', RID)).not.toBe(start.runId)
  })
})

describe('the log of a run', () => {
  it('goes on with each ping, line by line', () => {
    const run = aRun({ logTail: 'first' })

    const { logTail } = event({ signal: 'log' }, { ...nothing, open: run }, 'second')

    expect(logTail).toBe('first\nsecond')
  })

  it('goes on under a rid too', () => {
    const named = aRun({ logTail: 'first\n' })

    expect(event({ rid: RID }, { ...nothing, named }, 'second').logTail).toBe('first\nsecond')
  })

  it('stays within its limit, and keeps the end', () => {
    const run = aRun({ logTail: 'x'.repeat(9_999) })

    const { logTail } = event({ signal: 'log' }, { ...nothing, open: run }, 'the end')

    expect(logTail).toHaveLength(10_000)
    expect(logTail?.endsWith('x\nthe end')).toBe(true)
  })

  it('is not touched by a ping without a body', () => {
    const run = aRun({ logTail: 'first' })

    expect(event({}, { ...nothing, open: run })).not.toHaveProperty('logTail')
  })
})
