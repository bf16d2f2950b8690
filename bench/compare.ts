import { parseArgs } from 'node:util'
import { createPaint, wantsColour } from '../src/cli/colour.js'
import { describeMachine, openFilesLimit } from './machine.js'
import { OURS, type PeerEntry, PEERS } from './peers/catalogue.js'
import { Results } from './results.js'
import { measureRounds } from './rounds.js'
import { asText, peerTable, targetTable } from './tables.js'
import { TARGETS } from './targets.js'
import { writePerformance } from './write-performance.js'

const USAGE = `Usage: npm run bench -- [--sockets 50,1000,10000] [--peers naive,floor,pipecast]
                        [--rounds 3] [--seconds 3] [--write]

Measures our server beside its peers, interleaved over several rounds, each in a process of its own
on 127.0.0.1, and prints medians, ratios and what became of the targets. It ends by itself; Ctrl-C
ends it earlier.

  --sockets  how many sockets, separated by commas
  --peers    whom: ${PEERS.map(({ name }) => name).join(', ')}
  --rounds   how often each is measured
  --seconds  for how long updates are sent back to back each time
  --write    put the tables into docs/performance.md
`

const SOURCES = 50
const IDLE_WATCH_MS = 12_000
const SPARE_FILES = 200

const paint = createPaint(wantsColour(process.env, process.stdout.isTTY))
const { values } = parseArgs({
  options: {
    sockets: { type: 'string', default: '50,1000,10000' },
    peers: { type: 'string', default: PEERS.map(({ name }) => name).join(',') },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  },
})
process.once('SIGINT', () => {
  console.error('\nstopped by Ctrl-C: nothing was written')
  process.exit(130)
})
if (values.help === true) process.stdout.write(USAGE)
else await main()

async function main(): Promise<void> {
  const machine = describeMachine()
  console.error(paint('dim', machine))
  const peers = values.peers.split(',').map(findPeer)
  const sockets = values.sockets.split(',').map(positive).filter(isPossible)
  const largest = Math.max(...sockets)
  const measurements = await measureRounds(
    {
      peers,
      sockets,
      rounds: positive(values.rounds),
      sources: SOURCES,
      durationMs: positive(values.seconds) * 1_000,
      idle: { peer: OURS, sockets: largest, forMs: IDLE_WATCH_MS },
    },
    (line) => console.error(paint('dim', line)),
  )
  const results = new Results(measurements)
  const names = peers.map(({ name }) => name)
  const tables = sockets.map((count) => ({ count, table: peerTable(results, count, names) }))
  const targets = targetTable(results, TARGETS)
  for (const { count, table } of tables) {
    console.log(`\n${count.toLocaleString('en')} sockets\n${asText(table, paint)}`)
  }
  console.log(`\n${asText(targets, paint)}`)
  if (values.write) {
    const command = `npm run bench -- ${process.argv.slice(2).join(' ')}`
    await writePerformance({ machine, command, tables, targets })
    console.error('docs/performance.md is written')
  }
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
