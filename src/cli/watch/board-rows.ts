import type { PipelineEntry, PipelineStatus, SourceStatus } from '../../protocol/index.js'
import type { Paint, Tone } from '../colour.js'
import { ageText, durationText } from '../duration-text.js'
import { cellWidth, cutTo, fitTo, printable } from '../text-fit.js'
import { runGlyph, STATUS_LOOKS, statusText } from './status-look.js'

/** How rows are drawn. */
export interface RowOptions {
  readonly width: number
  /** The server's time, in milliseconds. */
  readonly serverNow: number
  readonly paint: Paint
}

interface Layout {
  /** What sets a source off from its pipeline; empty where the two are one. */
  readonly indent: string
  readonly key: number
  readonly when: number
  readonly duration: number
  readonly rate: number
  readonly history: number
  readonly reasons: number
}

type NamedSource = readonly [key: string, source: SourceStatus]

const STATUS_CELLS = 10
const GAP = '  '
/** Reasons are worth more than numbers: they keep so many cells before a column gets any. */
const REASONS_CELLS = 20

/** The table: sources under their pipelines, problems first. */
export function boardRows(data: PipelineStatus, options: RowOptions): string[] {
  const layout = layoutFor(Object.keys(data.sources), options.width)
  return groupByPipeline(data).flatMap(({ key, pipeline, sources }) => {
    const isItsOwnSource = sources.length === 1 && sources[0]?.[0] === key
    const indent = isItsOwnSource ? '' : GAP
    const rows = sources.map((named) => sourceRow(named, { ...layout, indent }, options))
    return isItsOwnSource ? rows : [pipelineRow(key, pipeline, options), ...rows]
  })
}

function groupByPipeline(data: PipelineStatus) {
  const keys = new Set([
    ...Object.keys(data.pipelines),
    ...Object.values(data.sources).map((source) => source.pipeline),
  ])
  const groups = [...keys].map((key) => {
    const sources = Object.entries(data.sources)
      .filter(([, source]) => source.pipeline === key)
      .sort(([keyA, a], [keyB, b]) => orderOf(a) - orderOf(b) || byText(keyA, keyB))
    const pipeline = data.pipelines[key]
    const members = [...sources.map(([, source]) => source), ...(pipeline ? [pipeline] : [])]
    return { key, pipeline, sources, worst: Math.min(...members.map(orderOf)) }
  })
  return groups.sort((a, b) => a.worst - b.worst || byText(a.key, b.key))
}

function orderOf({ status }: Pick<SourceStatus, 'status'>): number {
  return STATUS_LOOKS[status].order
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/** What a narrow terminal cannot hold beside the reasons is left out, the least urgent first. */
function layoutFor(keys: readonly string[], width: number): Omit<Layout, 'indent'> {
  const longestKey = Math.max(8, ...keys.map((key) => cellWidth(printable(key))))
  const key = Math.min(longestKey, 32, Math.max(8, Math.floor(width / 3)))
  let room = width - STATUS_CELLS - key - 3 * GAP.length
  const take = (cells: number) => {
    if (room - cells - GAP.length < REASONS_CELLS) return 0
    room -= cells + GAP.length
    return cells
  }
  const when = take(20)
  const shortHistory = take(10)
  const duration = take(12)
  const rate = take(5)
  const moreHistory = shortHistory > 0 && room >= 2 * REASONS_CELLS ? 14 : 0
  const reasons = Math.max(0, room - moreHistory)
  return { key, when, duration, rate, history: shortHistory + moreHistory, reasons }
}

function pipelineRow(key: string, entry: PipelineEntry | undefined, options: RowOptions): string {
  const { paint, width } = options
  const hasNoRoom = width < STATUS_CELLS + 2 * GAP.length
  if (entry === undefined || hasNoRoom) return paint('strong', cutTo(printable(key), width))
  const name = cutTo(printable(key), Math.max(0, width - STATUS_CELLS - GAP.length))
  const counts = `${entry.healthy} of ${entry.sources} healthy${joined(entry.reasons, ': ')}`
  const room = width - STATUS_CELLS - cellWidth(name) - 2 * GAP.length
  return [
    paint(STATUS_LOOKS[entry.status].tone, fitTo(statusText(entry.status), STATUS_CELLS)),
    paint('strong', name),
    ...(room > 0 ? [paint('dim', cutTo(printable(counts), room))] : []),
  ].join(GAP)
}

function sourceRow([key, source]: NamedSource, layout: Layout, options: RowOptions): string {
  const { paint, serverNow, width } = options
  const look = STATUS_LOOKS[source.status]
  // The columns stay in line whether or not the row is set off.
  const statusCells = STATUS_CELLS + GAP.length - layout.indent.length
  const cells: string[] = [paint(look.tone, fitTo(statusText(source.status), statusCells))]
  const add = (cellsWide: number, text: string, tone?: Tone) => {
    if (cellsWide === 0) return
    const cell = fitTo(printable(text), cellsWide)
    cells.push(tone === undefined ? cell : paint(tone, cell))
  }
  add(layout.key, key)
  add(layout.when, whenText(source, serverNow), source.running > 0 ? 'info' : undefined)
  add(layout.duration, source.duration_ms === undefined ? '' : durationText(source.duration_ms))
  add(layout.rate, rateText(source.success_rate))
  if (layout.history > 0) cells.push(historyTail(source.history, layout.history, paint))
  const reasons = cutTo(printable(reasonsText(source)), layout.reasons)
  if (reasons !== '') cells.push(paint(look.tone, reasons))
  // A terminal too narrow even for status and key would wrap, and so break the redraw in place.
  if (width < STATUS_CELLS + layout.key + 2 * GAP.length)
    return cutTo(`${GAP}${printable(key)}`, width)
  return layout.indent + cells.join(GAP)
}

function whenText(source: SourceStatus, serverNow: number): string {
  const sinceMs = source.last_run === undefined ? null : serverNow - Date.parse(source.last_run)
  if (source.running > 0) {
    const count = source.running > 1 ? `${source.running}× ` : ''
    return `running ${count}${sinceMs === null ? '' : durationText(sinceMs)}`
  }
  return sinceMs === null ? 'no run yet' : `${ageText(sinceMs)} ago`
}

/** Rounded down: 99.6 % is not everything. */
function rateText(rate: number | undefined): string {
  return rate === undefined ? '' : `${Math.floor(rate * 100 + 1e-9)} %`.padStart(5)
}

function historyTail(history: string, cells: number, paint: Paint): string {
  const tail = printable(history).slice(-cells).split('')
  const glyphs = tail.map((letter) => runGlyph(letter)).map((run) => paint(run.tone, run.glyph))
  return ' '.repeat(cells - tail.length) + glyphs.join('')
}

function reasonsText(source: SourceStatus): string {
  const silent = source.stale === true ? ['the run has been silent for too long'] : []
  const reasons = joined([...source.reasons.filter((reason) => reason !== 'ok'), ...silent], '')
  return source.error === undefined ? reasons : `${reasons}: ${source.error}`
}

function joined(reasons: readonly string[], before: string): string {
  const text = reasons.filter((reason) => reason !== 'ok').join('; ')
  return text === '' ? '' : `${before}${text}`
}
