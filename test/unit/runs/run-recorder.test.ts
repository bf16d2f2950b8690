import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { RunEvent } from '../../../src/server/runs/run-event.js'
import {
  EventRejectedError,
  RecordingUnavailableError,
} from '../../../src/server/runs/recording-errors.js'
import { createRunRecorder, type RunRecorder } from '../../../src/server/runs/run-recorder.js'

function event(id: string, raw: unknown = {}): RunEvent {
  return { id, namespace: 'n', name: 'j', runId: 'r', type: 'START', at: '2026-01-28', raw }
}

const sqlError = (code: string) => Object.assign(new Error(`SQLSTATE ${code}`), { code })

/** The ids of the events in one transaction. */
type Batch = readonly string[]

/** A recorder over a database that answers each transaction as `answer` says. */
function recorderOver(
  answer: (batch: Batch, tries: number) => Promise<void>,
  limits: { readonly maxWaiting?: number; readonly maxWaitingCharacters?: number } = {},
): { readonly recorder: RunRecorder; readonly batches: Batch[] } {
  const batches: Batch[] = []
  const recorder = createRunRecorder({
    ...limits,
    write: (encoded) => {
      const batch = encoded.map((text) => (JSON.parse(text) as { id: string }).id)
      batches.push(batch)
      return answer(batch, batches.length)
    },
  })
  return { recorder, batches }
}

/** Records all of them at once; says of each what became of it. */
async function recordAll(recorder: RunRecorder, ids: readonly string[]): Promise<string[]> {
  const results = await Promise.allSettled(ids.map((id) => recorder.record(event(id))))
  return results.map((result) =>
    result.status === 'fulfilled' ? 'recorded' : (result.reason as Error).name,
  )
}

/** A write that a test ends. */
function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  let resolveOpened: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    resolveOpened = resolve
  })
  return { open: () => resolveOpened(), opened }
}

describe('createRunRecorder', () => {
  it('[report] resolves when the event is committed, not before', async () => {
    const { open, opened } = gate()
    const { recorder } = recorderOver(() => opened)
    let isRecorded = false
    const recording = recorder.record(event('a')).then(() => {
      isRecorded = true
    })

    await new Promise((resolve) => setImmediate(resolve))
    expect(isRecorded).toBe(false)
    open()
    await recording
  })

  it('[report] writes the row form of the event', async () => {
    let written: readonly string[] = []
    const recorder = createRunRecorder({
      write: (encoded) => {
        written = encoded
        return Promise.resolve()
      },
    })
    await recorder.record({
      ...event('a', { x: 1 }),
      parent: { runId: 'p', namespace: 'pn', name: 'pj' },
      rowsWritten: 7,
    })

    expect(written.map((text) => JSON.parse(text) as unknown)).toEqual([
      {
        id: 'a',
        namespace: 'n',
        name: 'j',
        run_id: 'r',
        type: 'START',
        at: '2026-01-28',
        parent_run_id: 'p',
        parent_namespace: 'pn',
        parent_name: 'pj',
        rows_written: 7,
        raw: { x: 1 },
      },
    ])
  })

  it('[report] puts all that came meanwhile into the next transaction, in their order', async () => {
    const { open, opened } = gate()
    const { recorder, batches } = recorderOver((_batch, tries) =>
      tries === 1 ? opened : Promise.resolve(),
    )
    const all = recordAll(recorder, ['a', 'b', 'c', 'd'])
    expect(batches).toEqual([['a']])
    open()

    expect(await all).toEqual(Array(4).fill('recorded'))
    expect(batches).toEqual([['a'], ['b', 'c', 'd']])
  })

  it('[report] lingers for the next events of those who were just answered', async () => {
    const turns = async (count: number) => {
      for (let turn = 0; turn < count; turn += 1) {
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }) // nobody moves that clock
    onTestFinished(() => void vi.useRealTimers())
    const { recorder, batches } = recorderOver(() => turns(6))
    const reportTwelve = async (reporter: number) => {
      for (let number = 0; number < 12; number += 1) {
        await recorder.record(event(`${reporter}-${number}`))
        await turns(reporter) // until the answer has come and the next event is there
      }
    }
    await Promise.all(Array.from({ length: 8 }, (_, reporter) => reportTwelve(reporter)))

    const sizes = batches.map(({ length }) => length)
    expect(sizes).toEqual([1, 7, ...Array<number>(11).fill(8)])
  })

  it('[report] lingers for 2 ms and no longer', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const { recorder, batches } = recorderOver(() => Promise.resolve())
    await recordAll(recorder, ['a', 'b', 'c'])

    const late = recorder.record(event('d'))
    await vi.advanceTimersByTimeAsync(1.9)
    expect(batches).toEqual([['a'], ['b', 'c']])
    await vi.advanceTimersByTimeAsync(0.1)
    await late

    expect(batches).toEqual([['a'], ['b', 'c'], ['d']])
  })

  it('[report] does not linger for one who reports alone', async () => {
    vi.useFakeTimers() // nobody moves that clock
    onTestFinished(() => void vi.useRealTimers())
    const { recorder, batches } = recorderOver(() => Promise.resolve())

    for (const id of ['a', 'b', 'c']) await recorder.record(event(id))

    expect(batches).toEqual([['a'], ['b'], ['c']])
  })

  it('[report] has one transaction on its way at a time', async () => {
    let inFlight = 0
    let most = 0
    const { recorder } = recorderOver(async () => {
      inFlight += 1
      most = Math.max(most, inFlight)
      await new Promise((resolve) => setImmediate(resolve))
      inFlight -= 1
    })
    const first = recordAll(recorder, ['a', 'b', 'c'])
    await new Promise((resolve) => setImmediate(resolve))
    await Promise.all([first, recordAll(recorder, ['d', 'e'])])

    expect(most).toBe(1)
  })

  it('[report] goes on after it had nothing to do', async () => {
    const { recorder, batches } = recorderOver(() => Promise.resolve())
    await recorder.record(event('a'))
    await recorder.record(event('b'))

    expect(batches).toEqual([['a'], ['b']])
  })

  it('[report] puts at most 500 events into one transaction', async () => {
    const { recorder, batches } = recorderOver(() => Promise.resolve())
    const ids = Array.from({ length: 1_102 }, (_, index) => String(index))

    await recordAll(recorder, ids)

    expect(batches.map((batch) => batch.length)).toEqual([1, 500, 500, 101])
    expect(batches.flat()).toEqual(ids)
  })

  it('[report] ends a transaction before 4,000,000 characters are exceeded', async () => {
    const { recorder, batches } = recorderOver(() => Promise.resolve())
    const large = 'x'.repeat(1_500_000)

    await Promise.all(['a', 'b', 'c', 'd'].map((id) => recorder.record(event(id, large))))

    expect(batches).toEqual([['a'], ['b', 'c'], ['d']])
  })

  it('[report] writes an event that is larger than that alone', async () => {
    const { recorder, batches } = recorderOver(() => Promise.resolve())
    const huge = 'x'.repeat(4_100_000)

    await Promise.all(['a', 'b', 'c'].map((id) => recorder.record(event(id, huge))))

    expect(batches).toEqual([['a'], ['b'], ['c']])
  })
})

describe('createRunRecorder, when too many wait', () => {
  it('[report] refuses the one too many at once, and loses none of the others', async () => {
    const { open, opened } = gate()
    const { recorder, batches } = recorderOver(() => opened, { maxWaiting: 2 })
    const all = recordAll(recorder, ['in flight', 'a', 'b', 'c'])
    open()

    expect(await all).toEqual(['recorded', 'recorded', 'recorded', 'RecordingUnavailableError'])
    expect(batches.flat()).toEqual(['in flight', 'a', 'b'])
  })

  it('[report] lets 5,000 wait unless told otherwise', async () => {
    const { open, opened } = gate()
    const { recorder } = recorderOver(() => opened)
    const all = recordAll(
      recorder,
      Array.from({ length: 5_002 }, (_, index) => String(index)),
    )
    open()

    const results = await all
    expect(results.filter((result) => result === 'recorded')).toHaveLength(5_001)
    expect(results.at(-1)).toBe('RecordingUnavailableError')
  })

  it('[report] refuses what would make those that wait larger than they may be together', async () => {
    const { open, opened } = gate()
    const { recorder, batches } = recorderOver(() => opened, { maxWaitingCharacters: 2_000 })
    const sized = (id: string, characters: number) =>
      recorder.record(event(id, 'x'.repeat(characters))).then(
        () => 'recorded',
        (error: unknown) => (error as Error).message,
      )
    const all = [sized('in flight', 0), sized('a', 800), sized('b', 1_200), sized('c', 800)]
    open()

    const tooMany = 'too many events wait; send it again'
    expect(await Promise.all(all)).toEqual(['recorded', 'recorded', tooMany, 'recorded'])
    expect(batches).toEqual([['in flight'], ['a', 'c']])
    expect(await Promise.all([sized('d', 800), sized('e', 800)])).toEqual(Array(2).fill('recorded'))
  })

  it('[report] takes an event of any size when nothing waits', async () => {
    const { open, opened } = gate()
    const { recorder } = recorderOver(() => opened, { maxWaitingCharacters: 10 })
    const all = recordAll(recorder, ['in flight', 'a', 'b'])
    open()

    expect(await all).toEqual(['recorded', 'recorded', 'RecordingUnavailableError'])
    expect(await recordAll(recorder, ['c'])).toEqual(['recorded'])
  })

  it('[report] lets 64,000,000 characters wait unless told otherwise', async () => {
    const { open, opened } = gate()
    const { recorder } = recorderOver(() => opened)
    const half = 'x'.repeat(31_900_000)
    const all = Promise.allSettled(
      ['in flight', 'a', 'b', 'c'].map((id) => recorder.record(event(id, half))),
    )
    open()

    const statuses = (await all).map(({ status }) => status)
    expect(statuses).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected'])
  })
})

describe('createRunRecorder, when Postgres says no', () => {
  it('[report] writes a rejected transaction one by one: a bad event hurts only itself', async () => {
    const { recorder, batches } = recorderOver((batch) =>
      batch.includes('bad') ? Promise.reject(sqlError('22P05')) : Promise.resolve(),
    )

    const results = await recordAll(recorder, ['first', 'a', 'bad', 'b'])

    expect(results).toEqual(['recorded', 'recorded', 'EventRejectedError', 'recorded'])
    expect(batches).toEqual([['first'], ['a', 'bad', 'b'], ['a'], ['bad'], ['b']])
  })

  it('[report] tries an event that was rejected alone no second time', async () => {
    const cause = sqlError('23514')
    const { recorder, batches } = recorderOver(() => Promise.reject(cause))

    const error = await recorder.record(event('bad')).catch((thrown: unknown) => thrown)

    expect(error).toBeInstanceOf(EventRejectedError)
    expect(error).toMatchObject({ code: 'event_rejected', cause })
    expect(batches).toHaveLength(1)
  })

  it('[report] repeats a transaction that met another writer, whole', async () => {
    const { recorder, batches } = recorderOver((_batch, tries) =>
      tries > 1 && tries < 6 ? Promise.reject(sqlError('40P01')) : Promise.resolve(),
    )

    const results = await recordAll(recorder, ['first', 'a', 'b'])

    expect(results).toEqual(Array(3).fill('recorded'))
    expect(batches).toEqual([['first'], ...Array<Batch>(5).fill(['a', 'b'])])
  })

  it('[report] gives up after five conflicts, and asks to send it again', async () => {
    const { recorder, batches } = recorderOver(() => Promise.reject(sqlError('40001')))

    const error = await recorder.record(event('a')).catch((thrown: unknown) => thrown)

    expect(error).toBeInstanceOf(RecordingUnavailableError)
    expect(batches).toHaveLength(5)
  })

  it('[report] asks all to send again when the database is away, without trying each alone', async () => {
    const { recorder, batches } = recorderOver((_batch, tries) =>
      tries === 1 ? Promise.resolve() : Promise.reject(sqlError('57P01')),
    )

    const results = await recordAll(recorder, ['first', 'a', 'b'])

    expect(results).toEqual(['recorded', ...Array<string>(2).fill('RecordingUnavailableError')])
    expect(batches).toHaveLength(2)
  })

  it('[report] records what comes after the database was away', async () => {
    const { recorder } = recorderOver((_batch, tries) =>
      tries === 1 ? Promise.reject(sqlError('ECONNREFUSED')) : Promise.resolve(),
    )

    expect(await recordAll(recorder, ['a'])).toEqual(['RecordingUnavailableError'])
    expect(await recordAll(recorder, ['b'])).toEqual(['recorded'])
  })

  it('[report] goes back to one by one also when only a part of them is away', async () => {
    const { recorder } = recorderOver((batch) => {
      if (batch.length > 1) return Promise.reject(sqlError('22P05'))
      return batch[0] === 'b' ? Promise.reject(sqlError('57P01')) : Promise.resolve()
    })

    const results = await recordAll(recorder, ['first', 'a', 'b', 'c'])

    expect(results).toEqual(['recorded', 'recorded', 'RecordingUnavailableError', 'recorded'])
  })

  it('[errors] hands a mistake of ours on as it is, to be seen', async () => {
    const mistake = sqlError('42883')
    const { recorder, batches } = recorderOver(() => Promise.reject(mistake))

    await expect(recorder.record(event('a'))).rejects.toBe(mistake)
    expect(batches).toHaveLength(1)
  })
})
