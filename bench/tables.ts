import type { Paint } from '../src/cli/colour.js'
import type { FigureName, Results } from './results.js'
import { type Bound, judge, type Target } from './targets.js'
import { WHOLE_SERVER } from './whole-server.js'

/** A table: the first row names the columns. */
export type Table = readonly (readonly string[])[]

const COLUMNS: readonly (readonly [title: string, figure: FigureName, digits: number])[] = [
  ['deliveries/s', 'deliveriesPerSecond', 0],
  ['CPU s a million', 'cpuSecondsPerMillion', 1],
  ['first to last ms', 'firstToLastMs', 1],
  ['kB a socket', 'idleSocketKb', 1],
  ['opened/s', 'openedPerSecond', 0],
  ['first data p99 ms', 'firstDataP99Ms', 0],
  ['bytes an update', 'bytesPerUpdate', 0],
]

/** The figures of all peers with so many sockets, and how two of them compare to the naive one. */
export function peerTable(results: Results, sockets: number, peers: readonly string[]): Table {
  const head = ['peer', ...COLUMNS.map(([title]) => title), 'deliveries × naive', 'CPU × naive']
  const rows = peers.map((peer) => {
    const [here, naive] = [
      { peer, sockets },
      { peer: 'naive', sockets },
    ]
    return [
      peer,
      ...COLUMNS.map(([, figure, digits]) => number(results.median(figure, here), digits)),
      number(results.ratio('deliveriesPerSecond', here, naive), 2),
      number(results.ratio('cpuSecondsPerMillion', here, naive), 2),
    ]
  })
  return [head, ...rows.filter(isMeasured)]
}

const WHOLE_SERVER_ROWS: readonly (readonly [title: string, figure: FigureName, digits: number])[] =
  [
    ['commit to last socket, p50 ms', 'commitToLastP50Ms', 1],
    ['commit to last socket, p99 ms', 'commitToLastP99Ms', 1],
    ['the same from the sending of COMMIT, p99 ms', 'commitSentToLastP99Ms', 1],
    ['database reads a tick', 'readsPerTick', 1],
    ['storm: commits/s', 'stormCommitsPerSecond', 0],
    ['storm: database reads', 'stormReads', 0],
    ['storm: last socket behind a commit, p50 ms', 'stormBehindP50Ms', 0],
    ['storm: last socket behind a commit, p99 ms', 'stormBehindP99Ms', 0],
  ]

/** What was measured of the whole server with its database; one column for each number of sockets. */
export function wholeServerTable(results: Results, sockets: readonly number[]): Table {
  return [
    ['sockets', ...sockets.map((count) => number(count, 0))],
    ...WHOLE_SERVER_ROWS.map(([title, figure, digits]) => [
      title,
      ...sockets.map((count) =>
        number(results.median(figure, { peer: WHOLE_SERVER, sockets: count }), digits),
      ),
    ]).filter(isMeasured),
  ]
}

/** What the load generator could take and open at most, measured against the floor. */
export function describeCeiling(results: Results, sockets: readonly number[]): string {
  const ceilings = (figure: FigureName): string =>
    sockets
      .flatMap((count) => {
        const value = results.median(figure, { peer: 'floor', sockets: count })
        return value === undefined ? [] : [`${number(value, 0)}/s at ${number(count, 0)} sockets`]
      })
      .join(', ')
  const taken = ceilings('generatorCeilingPerSecond')
  if (taken === '') return 'The load generator was not measured: that needs the floor.'
  return `The load generator itself can take ${taken}, and open ${ceilings('openingCeilingPerSecond')}.`
}

/** Each target, what was measured of it, and whether that is good. */
export function targetTable(results: Results, targets: readonly Target[]): Table {
  const rows = targets.map((target) => {
    const value = target.value(results)
    return [
      target.meaning,
      describeBound(target),
      value === undefined ? NONE : withUnit(value, target.unit),
      judge(value, target.bound),
    ]
  })
  return [['target', 'wanted', 'measured', 'verdict'], ...rows]
}

/** For a terminal: aligned, with verdicts in their colours. */
export function asText(table: Table, paint: Paint): string {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  )
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  return table
    .map((row, index) => {
      const line = row.map(pad).join('  ')
      if (index === 0) return paint('strong', line)
      if (row.at(-1) === 'hit') return paint('good', line)
      return row.at(-1) === 'miss' ? paint('bad', line) : line
    })
    .join('\n')
}

/** For a document. */
export function asMarkdown(table: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const [head = [], ...rows] = table
  const rule = `|---${'|--:'.repeat(head.length - 1)}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

const NONE = '–'

function isMeasured(row: readonly string[]): boolean {
  return row.slice(1).some((cell) => cell !== NONE)
}

function number(value: number | undefined, digits: number): string {
  if (value === undefined || Number.isNaN(value)) return NONE
  return value.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

function withUnit(value: number, unit: Target['unit']): string {
  const digits = value >= 100 ? 0 : unit === '×' ? 2 : 1
  return unit === '/s' ? `${number(value, 0)}${unit}` : `${number(value, digits)} ${unit}`
}

function describeBound({ bound, unit }: { bound: Bound; unit: Target['unit'] }): string {
  if ('atMost' in bound) return `at most ${withUnit(bound.atMost, unit)}`
  if ('atLeast' in bound) return `at least ${withUnit(bound.atLeast, unit)}`
  return `below ${withUnit(bound.below, unit)}`
}
