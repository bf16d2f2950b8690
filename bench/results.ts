import type { LoadFigures } from './load/load-plan.js'
import { median } from './statistics.js'
import type { WholeServerFigures } from './whole-server.js'

/** Figures by their names; what was not measured is absent. */
export type Figures = Partial<LoadFigures & WholeServerFigures & { readonly frameBytes: number }>

/** The name of a figure. */
export type FigureName = keyof Figures

/** One peer, measured once. */
export interface Measurement {
  readonly round: number
  readonly peer: string
  readonly sockets: number
  readonly figures: Figures
}

/** A peer with so many sockets. */
export interface Setting {
  readonly peer: string
  readonly sockets: number
}

/** What several rounds have measured. */
export class Results {
  private readonly measurements: readonly Measurement[]

  constructor(measurements: readonly Measurement[]) {
    this.measurements = measurements
  }

  /** The median over the rounds; `undefined` when it was not measured. */
  median(figure: FigureName, setting: Setting): number | undefined {
    return medianOf([...this.byRound(figure, setting).values()])
  }

  /**
   * How a figure compares to another: the median of the ratios within the rounds, so that what
   * disturbs the machine for a while disturbs both sides of each ratio.
   *
   * @returns `undefined` when no round has measured both.
   */
  ratio(figure: FigureName, setting: Setting, to: Setting): number | undefined {
    const divisors = this.byRound(figure, to)
    const ratios: number[] = []
    for (const [round, value] of this.byRound(figure, setting)) {
      const divisor = divisors.get(round)
      if (divisor !== undefined && divisor > 0) ratios.push(value / divisor)
    }
    return medianOf(ratios)
  }

  private byRound(figure: FigureName, { peer, sockets }: Setting): ReadonlyMap<number, number> {
    const values = new Map<number, number>()
    for (const measurement of this.measurements) {
      const value = measurement.figures[figure]
      if (measurement.peer !== peer || measurement.sockets !== sockets) continue
      if (value !== undefined) values.set(measurement.round, value)
    }
    return values
  }
}

function medianOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : median(values)
}
