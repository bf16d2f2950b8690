import { OURS, OURS_HOOKED, PATCH_OF_200 } from './peers/catalogue.js'
import type { FigureName, Results, Setting } from './results.js'
import { WHOLE_SERVER } from './whole-server.js'

/** The largest or the smallest value that is still good. */
export type Bound =
  | { readonly atMost: number }
  | { readonly atLeast: number }
  | { readonly below: number }

/** Something that we want to be true. */
export interface Target {
  readonly meaning: string
  readonly bound: Bound
  readonly unit: '×' | 'kB' | '/s' | 'ms' | '%' | ''
  /** @returns `undefined` when it was not measured. */
  readonly value: (results: Results) => number | undefined
}

/** Whether a target was met; one that was not measured is neither. */
export type Verdict = 'hit' | 'miss' | 'not measured'

/** What every full run is judged by. None of them fails a run: machines differ. */
export const TARGETS: readonly Target[] = [
  cpu(1_000, 'naive', { atMost: 1 / 4 }),
  cpu(10_000, 'naive', { atMost: 1 / 3.2 }),
  cpu(1_000, 'floor', { atMost: 1.35 }),
  cpu(10_000, 'floor', { atMost: 1.15 }),
  cpu(1_000, 'socket.io', { below: 1 }),
  cpu(10_000, 'socket.io', { atMost: 2 / 3 }),
  deliveries(1_000, 'naive', { atLeast: 4.3 }),
  deliveries(10_000, 'naive', { atLeast: 3.2 }),
  deliveries(1_000, 'floor', { atLeast: 0.85 }),
  deliveries(10_000, 'floor', { atLeast: 0.85 }),
  compared('firstToLastMs', 'first to last socket', {
    sockets: 10_000,
    to: 'floor',
    bound: { atMost: 1.2 },
  }),
  ours('idleSocketKb', 'memory for each idle socket at 10,000', 'kB', { atMost: 9 }),
  ours('openedPerSecond', 'sockets opened, at 10,000', '/s', { atLeast: 9_000 }),
  absolute(
    'openedPerSecond',
    { peer: OURS_HOOKED, sockets: 10_000 },
    { meaning: 'the same as requests, past a hook', unit: '/s', bound: { atLeast: 9_000 } },
  ),
  ours('firstDataP99Ms', 'first data p99 while 10,000 open', 'ms', { atMost: 300 }),
  compared('bytesPerUpdate', 'compressed bytes', {
    sockets: 1_000,
    peer: `${OURS}-deflate`,
    to: OURS,
    bound: { atMost: 1 / 3 },
  }),
  compared('cpuSecondsPerMillion', 'compressed CPU', {
    sockets: 1_000,
    peer: `${OURS}-deflate`,
    to: OURS,
    bound: { atMost: 1.2 },
  }),
  {
    meaning: 'patch of one changed source of 200, of the full frame',
    bound: { atMost: 2 },
    unit: '%',
    value: (results) => {
      const patch = results.median('bytesPerUpdate', PATCH_OF_200)
      const full = results.median('frameBytes', PATCH_OF_200)
      return patch === undefined || full === undefined ? undefined : (patch / full) * 100
    },
  },
  ours('idleLoopP99Ms', 'event-loop delay p99, 10,000 idle sockets', 'ms', { below: 20 }),
  ours('idleHealthP99Ms', '/health p99, 10,000 idle sockets', 'ms', { below: 20 }),
  commitToLast(50, { below: 10 }),
  commitToLast(1_000, { below: 25 }),
  whole('stormBehindP99Ms', 1_000, {
    meaning: 'last of 1,000 sockets behind each commit of a storm, p99',
    unit: 'ms',
    bound: { atMost: 25 },
  }),
  whole('readsPerTick', 10_000, {
    meaning: 'reads of the database a tick, 10,000 sockets',
    unit: '',
    bound: { atMost: 1 },
  }),
]

/** Judges a value by a bound. */
export function judge(value: number | undefined, bound: Bound): Verdict {
  if (value === undefined || Number.isNaN(value)) return 'not measured'
  if ('atMost' in bound) return value <= bound.atMost ? 'hit' : 'miss'
  if ('atLeast' in bound) return value >= bound.atLeast ? 'hit' : 'miss'
  return value < bound.below ? 'hit' : 'miss'
}

interface Comparison {
  readonly sockets: number
  /** Ours, unless it is said. */
  readonly peer?: string
  readonly to: string
  readonly bound: Bound
}

function cpu(sockets: number, to: string, bound: Bound): Target {
  return compared('cpuSecondsPerMillion', 'CPU for a delivery', { sockets, to, bound })
}

function deliveries(sockets: number, to: string, bound: Bound): Target {
  return compared('deliveriesPerSecond', 'deliveries a second', { sockets, to, bound })
}

function compared(
  figure: FigureName,
  what: string,
  { sockets, peer = OURS, to, bound }: Comparison,
): Target {
  return {
    meaning: `${what} at ${sockets.toLocaleString('en')}, of ${to}`,
    bound,
    unit: '×',
    value: (results) => results.ratio(figure, { peer, sockets }, { peer: to, sockets }),
  }
}

function ours(figure: FigureName, meaning: string, unit: Target['unit'], bound: Bound): Target {
  return absolute(figure, { peer: OURS, sockets: 10_000 }, { meaning, unit, bound })
}

function commitToLast(sockets: number, bound: Bound): Target {
  const meaning = `commit to the last of ${sockets.toLocaleString('en')} sockets, p99`
  return whole('commitToLastP99Ms', sockets, { meaning, unit: 'ms', bound })
}

function whole(figure: FigureName, sockets: number, about: About): Target {
  return absolute(figure, { peer: WHOLE_SERVER, sockets }, about)
}

type About = Pick<Target, 'meaning' | 'unit' | 'bound'>

function absolute(figure: FigureName, setting: Setting, about: About): Target {
  return { ...about, value: (results) => results.median(figure, setting) }
}
