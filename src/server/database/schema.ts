/**
 * The tables as Kysely sees them; only what TypeScript reads or writes by name. The migrations are
 * the truth.
 */
export interface Schema {
  readonly 'pipecast.job': {
    readonly id: string
    readonly namespace: string
    readonly name: string
  }
  readonly 'pipecast.queue': {
    readonly name: string
    readonly depth: number
    readonly running: number
  }
}
