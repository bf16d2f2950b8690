import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createPaint, wantsColour } from '../src/cli/colour.js'
import { measureCoreDistance } from './core-distance.js'
import { describeMachine, isMachineBusy, openFilesLimit } from './machine.js'
import { untilInterrupted } from './interrupt.js'
import { NearCores } from './near-cores.js'
import { OURS, PATCH_OF_200, type PeerEntry, PEERS } from './peers/catalogue.js'
import { type Measurement, Results } from './results.js'
import { measureRounds } from './rounds.js'
import { asText, describeCeiling, peerTable, targetTable, wholeServerTable } from './tables.js'
import { TARGETS } from './targets.js'
import { measureWholeServer, type WholeServerPlan } from './whole-server.js'
import { type Performance, writePerformance } from './write-performance.js'

const USAGE = `Usage: npm run bench -- [--sockets 50,1000,10000] [--peers naive,floor,pipecast]
                        [--rounds 3] [--seconds 3] [--write]

Measures our server beside its peers, interleaved over several rounds, each in a process of its own
on 127.0.0.1, and prints medians, ratios and what became of the targets. It ends by itself; Ctrl-C
ends it earlier.

  --sockets  how many sockets, separated by commas
  --peers    whom of those below
  --rounds   how often each is measured
  --seconds  for how long updates are sent back to back each time
  --write    put the tables into docs/performance.md

Peers:
${PEERS.map(({ name, meaning }) => `  ${name.padEnd(17)}${meaning}\n`).join('')}  whole-server     ours as it is started, with its database
`

const SOURCES = 50
/** The first updates meet cold code, of which the floor has least. */
const WARM_UP_MS = 2_000
const IDLE_WATCH_MS = 12_000
const SPARE_FILES = 200
const WHOLE_SERVER_OPTION = 'whole-server'
const PATCHED = findPeer('pipecast-patch')

const paint = createPaint(wantsColour(process.env, process.stdout.isTTY))
const progress = (line: string) => console.error(paint('dim', line))
const { values } = parseArgs({
  options: {
    sockets: { type: 'string', default: '50,1000,10000' },
    peers: {
      type: 'string',
      default: [...PEERS.map(({ name }) => name), WHOLE_SERVER_OPTION].join(','),
    },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  },
})
if (values.help === true) process.stdout.write(USAGE)
else await untilInterrupted(main)

async function main(signal: AbortSignal): Promise<void> {
  const machine = describeMachine()
  progress(machine)
  if (isMachineBusy()) {
    console.error(
      paint('warn', 'the machine is busy: rates and times will mislead, ratios less so'),
    )
  }
  const names = values.peers.split(',')
  const peers = names.filter((name) => name !== WHOLE_SERVER_OPTION).map(findPeer)
  const sockets = values.sockets.split(',').map(positive).filter(isPossible)
  const nearCores = watchCores(signal)
  const results = new Results([
    ...(await measurePeers(peers, { sockets, nearCores, signal })),
    ...(peers.some(({ name }) => name === PATCHED.name) ? await measurePatch(signal) : []),
    ...(names.includes(WHOLE_SERVER_OPTION)
      ? await measureWhole({ sockets, nearCores, signal })
      : []),
  ])
  const measured = TARGETS.filter(({ value }) => value(results) !== undefined)
  const report: Performance = {
    machine,
    command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
    notes: [describeCeiling(results, sockets), nearCores?.describe() ?? []].flat(),
    tables: tablesOf(results, sockets, names),
    targets: targetTable(results, measured),
  }
  for (const { title, table } of report.tables) console.log(`\n${title}\n${asText(table, paint)}`)
  console.log(`\n${report.notes.join('\n')}\n\n${asText(report.targets, paint)}`)
  const missing = TARGETS.length - measured.length
  if (missing > 0) progress(`${missing} more targets need other sockets or peers`)
  if (!values.write) return
  if (report.tables.length === 0) fail('nothing was measured, so nothing is written')
  await writePerformance(report)
  console.error('docs/performance.md is written')
}

/** `undefined` on a machine of one core, which cannot be far from itself. */
function watchCores(signal: AbortSignal): NearCores | undefined {
  if (availableParallelism() < 2) return undefined
  const watch = {
    distance: measureCoreDistance,
    nowMs: () => performance.now(),
    wait: (ms: number) => delay(ms, undefined, { signal }),
  }
  return new NearCores(watch, progress)
}

function measurePeers(
  peers: readonly PeerEntry[],
  { sockets, nearCores, signal }: WholeServerPlan,
): Promise<readonly Measurement[]> {
  return measureRounds(
    {
      peers,
      sockets,
      rounds: positive(values.rounds),
      sources: SOURCES,
      warmUpMs: WARM_UP_MS,
      durationMs: positive(values.seconds) * 1_000,
      signal,
      nearCores,
      idle: { peer: OURS, sockets: Math.max(...sockets), forMs: IDLE_WATCH_MS },
    },
    progress,
  )
}

function measurePatch(signal: AbortSignal): Promise<readonly Measurement[]> {
  const { peer: name, sockets } = PATCH_OF_200
  const peers = [{ ...PATCHED, name }]
  return measureRounds(
    {
      peers,
      sockets: [sockets],
      rounds: 1,
      sources: 200,
      warmUpMs: WARM_UP_MS,
      durationMs: 1_000,
      signal,
    },
    progress,
  )
}

async function measureWhole(plan: WholeServerPlan): Promise<readonly Measurement[]> {
  try {
    return await measureWholeServer(plan, progress)
  } catch (error) {
    plan.signal.throwIfAborted()
    progress(`the whole server: skipped, ${(error as Error).message}`)
    return []
  }
}

function tablesOf(
  results: Results,
  sockets: readonly number[],
  names: readonly string[],
): Performance['tables'] {
  return [
    ...sockets.map((count) => ({
      title: `${count.toLocaleString('en')} sockets`,
      table: peerTable(results, count, names),
    })),
    {
      title: 'The whole server, on a Postgres of its own',
      table: wholeServerTable(results, sockets),
    },
  ].filter(({ table }) => table.length > 1)
}

function findPeer(name: string): PeerEntry {
  const peer = PEERS.find((entry) => entry.name === name)
  if (peer === undefined) fail(`there is no peer ${name}; see --help`)
  return peer
}

function positive(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value <= 0) fail(`"${text}" is not a whole number above 0`)
  return value
}

function isPossible(sockets: number): boolean {
  const limit = openFilesLimit()
  if (sockets + SPARE_FILES <= limit) return true
  console.error(
    `${sockets} sockets are skipped: ulimit -n is ${limit}, and each process needs ${sockets + SPARE_FILES}`,
  )
  return false
}

function fail(message: string): never {
  console.error(message)
  process.exit(2)
}
