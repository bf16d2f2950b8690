import { describe, expect, it } from 'vitest'
import { BatchWriter, type WaitingEvent } from '../../../src/server/runs/batch-writer.js'

const LOCK_WAIT_MS = 500
const sqlError = (code: string) => Object.assign(new Error(`SQLSTATE ${code}`), { code })

/** A writer over a database in which some jobs are locked; an attempt that meets a lock takes its time. */
function writerBeside(locked: ReadonlySet<string>) {
  let nowMs = 0
  const attempts: { readonly events: readonly string[]; readonly lockWaitMs: number }[] = []
  const writer = new BatchWriter({
    lockWaitMs: LOCK_WAIT_MS,
    clock: () => nowMs,
    write: (events, lockWaitMs) => {
      attempts.push({ events, lockWaitMs })
      if (events.some((event) => event.endsWith('bad'))) return Promise.reject(sqlError('22P02'))
      if (!events.some((event) => locked.has(event.split('/')[0] ?? ''))) return Promise.resolve()
      nowMs += lockWaitMs
      return Promise.reject(sqlError('55P03'))
    },
  })
  const outcomes = new Map<string, string>()
  return {
    writer,
    attempts,
    outcomes,
    clock: () => nowMs,
    wait: (ms: number) => {
      nowMs += ms
    },
    /** @param events - `job/anything`. */
    write: async (...events: readonly string[]) => {
      const waiting = events.map(
        (event): WaitingEvent => ({
          job: event.split('/')[0] ?? '',
          encoded: event,
          resolve: () => void outcomes.set(event, 'recorded'),
          reject: ({ name }) => void outcomes.set(event, name),
        }),
      )
      ;(await writer.write(waiting))()
    },
  }
}

describe('BatchWriter, beside a lock', () => {
  it('[report] refuses the events of a locked job alone, and answers all the others', async () => {
    const { write, outcomes, clock } = writerBeside(new Set(['250']))
    const events = Array.from({ length: 500 }, (_, number) => `${number}/event`)

    await write(...events, '250/another')

    const refused = [...outcomes].filter(([, outcome]) => outcome !== 'recorded')
    expect(outcomes.size).toBe(501)
    expect(refused).toEqual([
      ['250/event', 'RecordingUnavailableError'],
      ['250/another', 'RecordingUnavailableError'],
    ])
    // Once as long as a lock is waited for, then once on each level.
    expect(clock()).toBe(LOCK_WAIT_MS + 3 * 20)
  })

  it('[report] asks no more than a second what is locked, and hands the rest back', async () => {
    const locked = new Set(Array.from({ length: 500 }, (_, number) => String(number)))
    const { write, outcomes, clock } = writerBeside(locked)

    await write(...[...locked].map((job) => `${job}/event`))

    expect(new Set(outcomes.values())).toEqual(new Set(['RecordingUnavailableError']))
    expect(outcomes.size).toBe(500)
    expect(clock()).toBeLessThanOrEqual(LOCK_WAIT_MS + 1_020)
  })

  it('[report] lets a locked job rest, then tries it apart from the others and briefly', async () => {
    const { write, writer, attempts, wait } = writerBeside(new Set(['x']))
    await write('x/1', 'a/1')
    attempts.length = 0

    await write('x/2', 'a/2')
    wait(250)
    await write('x/3', 'a/3')

    expect(writer.isResting('x')).toBe(true)
    expect(attempts).toEqual([
      { events: ['a/2'], lockWaitMs: LOCK_WAIT_MS },
      { events: ['a/3'], lockWaitMs: LOCK_WAIT_MS },
      { events: ['x/3'], lockWaitMs: 20 },
    ])
  })

  it('[report] treats a job as any other once its lock is gone', async () => {
    const locked = new Set(['x'])
    const { write, attempts, outcomes, wait } = writerBeside(locked)
    await write('x/1', 'a/1')
    locked.clear()
    wait(250)
    await write('x/2', 'a/2')
    attempts.length = 0

    await write('x/3', 'a/3')

    expect(outcomes.get('x/2')).toBe('recorded')
    expect(attempts).toEqual([{ events: ['x/3', 'a/3'], lockWaitMs: LOCK_WAIT_MS }])
  })

  it('[report] finds a bad event beside a locked job', async () => {
    const { write, outcomes } = writerBeside(new Set(['x']))

    await write('a/1', 'a/bad', 'x/1', 'x/2', 'b/1')

    expect(Object.fromEntries(outcomes)).toEqual({
      'a/1': 'recorded',
      'a/bad': 'EventRejectedError',
      'x/1': 'RecordingUnavailableError',
      'x/2': 'RecordingUnavailableError',
      'b/1': 'recorded',
    })
  })
})
