import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RUN_LETTERS, type RunState } from '../../src/protocol/index.js'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { encodeRunEvent, recordRunEvents } from '../../src/server/runs/runs.queries.js'
import { type JobFacts, readStatusFacts } from '../../src/server/status/status.queries.js'
import { at, byStartThenId, countingRuns, recentRuns, run } from '../support/recent-runs.js'
import { instant, runEvent, runIdOf } from '../support/run-events.js'
import { deleteRuns, type StoredRun, storedRun, writeRuns } from '../support/run-rows.js'
import { emptyTables } from '../support/table-contents.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let testDatabase: TestDatabase
let database: Database

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase({ connectionString: testDatabase.connectionString, poolMax: 4 })
})

afterAll(async () => {
  await database.close()
  await testDatabase.drop()
})

beforeEach(() => emptyTables(database.pool))

const write = (...runs: readonly StoredRun[]) => writeRuns(database.pool, runs)

async function loadFacts(): Promise<JobFacts> {
  const { jobs } = await readStatusFacts(database.kysely, new Date(at('12:00:00')))
  return jobs.find((job) => job.name === 'load')!
}

/** A run that ended well: number of minutes after 08:00, and how long it took. */
function success(minute: number, tookMs: number): StoredRun {
  const startedAt = at('08:00:00') + minute * 60_000
  const row = { runId: runIdOf(minute), endedAt: startedAt + tookMs }
  return { ...run('COMPLETED', startedAt, row), rowsWritten: null }
}

function failure(minute: number, state: 'FAILED' | 'TIMED_OUT' | 'MISSED' = 'FAILED'): StoredRun {
  return { ...success(minute, 1_000), state }
}

const successes = (count: number, tookMs: (number: number) => number) =>
  Array.from({ length: count }, (_, number) => success(number, tookMs(number)))

/**
 * When the failures since the newest success began, those of attempts that count no more included;
 * worked out the long way round.
 */
function failingSince(rows: readonly StoredRun[]): number | null {
  const counting = countingRuns(rows)
  const success = counting.findLast(({ state }) => state === 'COMPLETED')
  const failuresIn = (some: readonly StoredRun[]) =>
    some
      .filter(({ state }) => ['FAILED', 'TIMED_OUT', 'MISSED'].includes(state))
      .filter((row) => success === undefined || byStartThenId(success, row) < 0)
      .map(({ endedAt, startedAt }) => endedAt ?? startedAt)
  const attempts = [...rows].sort(byStartThenId).slice(-90)
  const failures = failuresIn(counting)
  return failures.length === 0 ? null : Math.min(...failures, ...failuresIn(attempts))
}

function recordsOf(rows: readonly StoredRun[]): number {
  return rows.reduce((total, { rowsWritten }) => total + (rowsWritten ?? 0), 0)
}

describe('job_summary', () => {
  it('says what the runs add up to, through any inserts, updates and deletes', async () => {
    const someRuns = fc.uniqueArray(storedRun, {
      selector: ({ runId }) => runId,
      minLength: 1,
      maxLength: 130,
      size: 'max',
    })
    const histories = someRuns.chain((inserted) =>
      fc.record({
        inserted: fc.constant(inserted),
        changed: fc
          .subarray(inserted)
          .chain((runs) => fc.tuple(...runs.map((old) => changeOf(old)))),
        deleted: fc.subarray(inserted, { maxLength: Math.ceil(inserted.length / 2) }),
      }),
    )
    await fc.assert(
      fc.asyncProperty(histories, async ({ inserted, changed, deleted }) => {
        const stored = new Map<string, StoredRun>()
        const isTrue = async (recordsTotal: number) => {
          const facts = await loadFacts()
          const rows = [...stored.values()]
          expect(facts.runs).toEqual(recentRuns(rows))
          expect(letterOf(facts.newestState)).toBe(facts.runs.history.at(-1))
          expect(facts.failingSince).toEqual(failingSince(rows))
          expect(facts.recordsTotal).toBe(recordsTotal)
        }
        await emptyTables(database.pool)

        await write(...inserted)
        for (const row of inserted) stored.set(row.runId, row)
        await isTrue(recordsOf(inserted))

        await write(...changed)
        for (const row of changed) stored.set(row.runId, row)
        const recordsTotal = recordsOf([...stored.values()])
        await isTrue(recordsTotal)

        await deleteRuns(database.pool, deleted)
        for (const row of deleted) stored.delete(row.runId)
        await isTrue(recordsTotal)
      }),
      { numRuns: 40 },
    )
  }, 120_000)

  it('[H9] takes what is usual from the last 30 successes before the newest', async () => {
    // 29 of 30 take 1 s to 29 s; the oldest of all took an hour, and so does the newest run.
    await write(success(0, 3_600_000), ...successes(31, (n) => n * 1_000).slice(1))
    await write(success(40, 3_600_000))

    const { runs } = await loadFacts()

    expect(runs).toMatchObject({
      usualMs: 29_000, // the 29th of 30
      longestSuccessMs: 30_000,
      newestDurationMs: 3_600_000,
    })
  })

  it('[H9] calls nothing usual below 10 successes before the newest', async () => {
    await write(...successes(10, () => 1_001))
    const nine = await loadFacts()

    await write(success(20, 5_000))

    expect(nine.runs).toMatchObject({ usualMs: null, longestSuccessMs: 1_001 })
    expect((await loadFacts()).runs).toMatchObject({ usualMs: 1_001 })
  })

  it.each([
    ['a retry that succeeds heals the failure', 'fc', 'c'],
    ['only the last of many failed attempts counts', 'ffff', 'f'],
    ['a retry in progress hides no failure', 'fr', 'fr'],
    ['a retry that has been heard of hides no failure', 'fn', 'fn'],
    ['a retry that was aborted hides no failure', 'fa', 'fa'],
    ['a retry that timed out replaces the failure', 'ft', 't'],
    ['a lost attempt counts no more when a later one has ended', 'rc', 'c'],
    ['an aborted attempt counts no more when a later one has ended', 'ac', 'c'],
    ['two attempts in progress are two', 'rr', 'rr'],
    ['a success that is repeated and fails is a failure', 'cf', 'f'],
  ])('[P8.5] [H4] %s', async (_what, attempts, history) => {
    const before = { ...failure(0), parentRunId: runIdOf(501) }
    const after = { ...success(30, 1_000), parentRunId: null }
    const rows = Array.from(attempts, (letter, number) => ({
      ...success(number + 1, 1_000),
      state: stateOf(letter),
      endedAt: 'nr'.includes(letter) ? null : success(number + 1, 1_000).endedAt,
      parentRunId: runIdOf(502),
    }))

    await write(before, ...rows, after)

    expect((await loadFacts()).runs.history).toBe(`f${history}c`)
  })

  it('[H4] counts the runs of one parent that are of different jobs each for itself', async () => {
    const parent = { runId: runIdOf(502), namespace: 'default', name: 'nightly' }
    const report = (type: 'FAIL' | 'COMPLETE', time: string, name: string, number: number) =>
      runEvent(type, time, { name, runId: runIdOf(number), parent })

    await recordRunEvents(
      database.kysely,
      [
        report('FAIL', '10:00:00', 'load', 1),
        report('COMPLETE', '10:00:01', 'extract', 2),
        report('FAIL', '10:00:02', 'extract', 3),
        report('COMPLETE', '10:00:03', 'load', 4),
      ].map(encodeRunEvent),
    )

    const { jobs } = await readStatusFacts(database.kysely, new Date(at('12:00:00')))
    const histories = jobs.map(({ name, runs }) => [name, runs.history])
    expect(histories).toEqual([
      ['extract', 'f'],
      ['load', 'c'],
      ['nightly', ''],
    ])
  })

  it('has been failing since the first attempt failed, though only the last counts', async () => {
    const attempt = (number: number) => ({ ...failure(number), parentRunId: runIdOf(502) })
    await write(attempt(1), attempt(2), attempt(3))

    expect(await loadFacts()).toMatchObject({
      runs: { history: 'f' },
      failingSince: at('08:01:01'),
    })
  })

  it('looks at no more than the newest 500 runs, however many attempts they are', async () => {
    const attempts = (count: number) =>
      Array.from({ length: count }, (_, n) => ({
        ...success(n / 10 + 1, 1_000),
        runId: runIdOf(n + 1),
        parentRunId: runIdOf(9_001),
      }))
    await write({ ...failure(0), runId: runIdOf(9_002) }, ...attempts(499))
    expect((await loadFacts()).runs.history).toBe('fc')

    await write(...attempts(500).slice(499))
    expect((await loadFacts()).runs.history).toBe('c')
  })

  it('knows the last success, however many runs came after it', async () => {
    await write(success(0, 1_000), ...Array.from({ length: 95 }, (_, n) => failure(n + 1)))

    const { runs, failingSince: since } = await loadFacts()

    expect(runs.history).toBe('f'.repeat(90))
    expect(runs.lastSuccessAt).toBe(at('08:00:01'))
    expect(since).toBe(at('08:06:01')) // the oldest of the newest 90
  })

  it('counts a run in progress, however many runs came after it', async () => {
    const running = { ...success(0, 0), state: 'RUNNING' as const, endedAt: null }
    await write(running, ...Array.from({ length: 95 }, (_, n) => failure(n + 1, 'MISSED')))

    expect((await loadFacts()).runs).toMatchObject({
      history: 'M'.repeat(90),
      running: 1,
      runningStartedAt: at('08:00:00'),
    })
  })

  it('counts records once, corrects them, and keeps them when old runs are removed', async () => {
    const tell = async (time: string, rowsWritten: number) => {
      const event = runEvent('RUNNING', time, { rowsWritten })
      await recordRunEvents(database.kysely, [encodeRunEvent(event)])
      return (await loadFacts()).recordsTotal
    }

    expect(await tell('10:00:01', 10)).toBe(10)
    expect(await tell('10:00:01', 10)).toBe(10)
    expect(await tell('10:00:03', 25)).toBe(25)
    expect(await tell('10:00:02', 15)).toBe(25)
    await database.pool.query('DELETE FROM pipecast.run')
    expect(await loadFacts()).toMatchObject({
      recordsTotal: 25,
      recordsAt: Date.parse(instant('10:00:03')),
      runs: { history: '', running: 0 },
    })
  })

  it('is right when writers of the same job commit at the same time', async () => {
    const events = Array.from({ length: 80 }, (_, number) =>
      runEvent(number % 3 === 0 ? 'FAIL' : 'COMPLETE', `10:${String(10 + (number % 40))}:00`, {
        runId: runIdOf(number),
        rowsWritten: 1,
      }),
    )

    await Promise.all(
      events.map((event) => recordRunEvents(database.kysely, [encodeRunEvent(event)])),
    )

    const { runs, recordsTotal } = await loadFacts()
    expect(runs.history).toHaveLength(80)
    expect(runs.history.replaceAll('c', '')).toHaveLength(27)
    expect(recordsTotal).toBe(80)
  })
})

function stateOf(letter: string): RunState {
  const states = Object.keys(RUN_LETTERS) as RunState[]
  return states.find((state) => RUN_LETTERS[state] === letter)!
}

function letterOf(state: RunState | null): string | undefined {
  return state === null ? undefined : RUN_LETTERS[state]
}

function changeOf(old: StoredRun): fc.Arbitrary<StoredRun> {
  return storedRun.map((next) => ({ ...next, runId: old.runId }))
}
