import { Agent } from 'node:http'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/server/database/open-database.js'
import { type PostAnswer, postJson } from '../support/http-post.js'
import { type CorpusEvent, isCorpusMissing, readCorpus } from '../support/openlineage-corpus.js'
import { type Row, readTables, type TableContents } from '../support/table-contents.js'
import { startReadyApp } from '../support/test-app.js'
import { createTestDatabase } from '../support/test-database.js'

const CONNECTIONS = 8
const isMissing = isCorpusMissing()

interface Delivery {
  readonly answers: ReadonlyMap<string, readonly PostAnswer[]>
  readonly tables: TableContents
}

/**
 * Posts events over eight connections, four to each of two servers on one new database, as two
 * processes behind a load balancer would receive them.
 */
async function deliver(events: readonly CorpusEvent[]): Promise<Delivery> {
  const testDatabase = await createTestDatabase()
  const { connectionString } = testDatabase
  const apps = [await startReadyApp(connectionString), await startReadyApp(connectionString)]
  const onlooker = openDatabase({ connectionString, poolMax: 1 })
  const answers = new Map<string, PostAnswer[]>()
  const queue = [...events]
  const connection = async (url: string) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
      const answer = await postJson(`${url}/api/v1/lineage`, event.value, { agent })
      const name = `${event.tier}/${event.file}`
      answers.set(name, [...(answers.get(name) ?? []), answer])
    }
    agent.destroy()
  }
  try {
    await Promise.all(
      Array.from({ length: CONNECTIONS }, (_, number) => connection(apps[number % 2]!.url)),
    )
    return { answers, tables: await readTables(onlooker.pool) }
  } finally {
    await onlooker.close()
    await Promise.all(apps.map((app) => app.close()))
    await testDatabase.drop()
  }
}

const corpus = isMissing ? [] : (['A', 'B', 'R'] as const).flatMap((tier) => readCorpus(tier))

/** The same order for the same seed, so that a failure can be had again. */
function shuffled<Item>(items: readonly Item[], seed: number): readonly Item[] {
  const [order] = fc.sample(fc.shuffledSubarray([...items], { minLength: items.length }), {
    seed,
    numRuns: 1,
  })
  return order!
}

function withDuplicates(events: readonly CorpusEvent[], seed: number): readonly CorpusEvent[] {
  const repeated = shuffled(events, seed).slice(0, Math.ceil(events.length * 0.3))
  return shuffled([...events, ...repeated], seed + 1)
}

/** The tables as they are when all events come in the order of their files. */
let inFileOrder: Promise<Delivery> | undefined
const reference = () => (inFileOrder ??= deliver(corpus))

const recordedRunIds = ({ answers }: Delivery) =>
  [...answers.values()].flat().flatMap(({ json }) => (json as { run_id?: string }).run_id ?? [])

describe.skipIf(isMissing)('the corpus of real events', () => {
  it('is acknowledged, but for the one event without a run id', async () => {
    const { answers } = await reference()

    const refused = [...answers].filter(([, [answer]]) => answer!.status !== 201)

    expect(answers.size).toBe(corpus.length)
    expect(
      refused.map(([file, [answer]]) => [file, answer!.status, (answer!.json as Row)['code']]),
    ).toEqual([[expect.stringMatching(/^B\//), 400, 'missing_run_id']])
  })

  it('is in the tables, every acknowledged event and run of it', async () => {
    const delivery = await reference()
    const acknowledged = recordedRunIds(delivery)

    const { runs, eventIds } = delivery.tables

    expect(new Set(runs.map((run) => run['run_id']))).toEqual(new Set(acknowledged))
    expect(eventIds).toHaveLength(new Set(corpus.filter(isRunEvent).map(textOf)).size)
  })

  it.each([1, 2, 3])('gives the same tables in any order (seed %i)', async (seed) => {
    const { tables, answers } = await deliver(shuffled(corpus, seed))

    expect(statusesOf(answers)).toEqual(new Set([201, 400]))
    expect(tables).toEqual((await reference()).tables)
  })

  it.each([4, 5])('gives the same tables with three in ten sent twice (seed %i)', async (seed) => {
    const { tables, answers } = await deliver(withDuplicates(corpus, seed))

    expect(statusesOf(answers)).toEqual(new Set([201, 400]))
    expect(tables).toEqual((await reference()).tables)
  })
})

function statusesOf(answers: Delivery['answers']): ReadonlySet<number> {
  return new Set([...answers.values()].flat().map(({ status }) => status))
}

function isRunEvent({ value }: CorpusEvent): boolean {
  return (value as { run?: { runId?: unknown } }).run?.runId !== undefined
}

function textOf({ value }: CorpusEvent): string {
  return JSON.stringify(value)
}
