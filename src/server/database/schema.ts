/**
 * The tables as Kysely sees them; only what TypeScript reads or writes by name. The migrations are
 * the truth.
 */
export interface Schema {
  readonly 'pipecast.job': {
    readonly id: string
    readonly namespace: string
    readonly name: string
    readonly schedule_interval: string | null
    readonly grace: string
    readonly paused_at: Date | null
  }
  readonly 'pipecast.queue': {
    readonly name: string
    readonly depth: number
    readonly running: number
    readonly updated_at: Date
  }
}
