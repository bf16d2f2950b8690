import { parseArgs } from 'node:util'
import { createPaint, wantsColour } from '../src/cli/colour.js'
import { FLOORS } from './floors.js'
import { untilInterrupted } from './interrupt.js'
import { OURS, PEERS } from './peers/catalogue.js'
import { Results } from './results.js'
import { measureRounds } from './rounds.js'
import { asText, peerTable, targetTable } from './tables.js'
import { judge, type Target } from './targets.js'

const USAGE = `Usage: npm run bench:quick

Measures our server with 500 sockets beside the naive one and the floor, in less than a minute.
Exits with 1 when a ratio to the naive server is beyond what bench/floors.ts records, or was not
measured.
`

const SOCKETS = 500
const ROUNDS = 3
const WARM_UP_MS = 500
const DURATION_MS = 1_000

const { values } = parseArgs({ options: { help: { type: 'boolean' } } })
if (values.help === true) process.stdout.write(USAGE)
else await untilInterrupted(main)

async function main(signal: AbortSignal): Promise<void> {
  const paint = createPaint(wantsColour(process.env, process.stdout.isTTY))
  const names = ['naive', 'floor', OURS]
  const measurements = await measureRounds(
    {
      peers: PEERS.filter(({ name }) => names.includes(name)),
      sockets: [SOCKETS],
      rounds: ROUNDS,
      sources: 50,
      warmUpMs: WARM_UP_MS,
      durationMs: DURATION_MS,
      signal,
    },
    (line) => console.error(paint('dim', line)),
  )
  const results = new Results(measurements)
  const floors = FLOORS.map(
    ({ figure, meaning, bound }): Target => ({
      meaning: `${meaning}, of naive`,
      bound,
      unit: '×',
      value: (measured) =>
        measured.ratio(
          figure,
          { peer: OURS, sockets: SOCKETS },
          { peer: 'naive', sockets: SOCKETS },
        ),
    }),
  )
  console.log(asText(peerTable(results, SOCKETS, names), paint))
  console.log(`\n${asText(targetTable(results, floors), paint)}`)
  const isGood = floors.every(({ value, bound }) => judge(value(results), bound) === 'hit')
  if (!isGood) process.exitCode = 1
}
