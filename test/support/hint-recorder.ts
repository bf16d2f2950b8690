import { randomBytes } from 'node:crypto'
import pg from 'pg'

/** Hears every hint of a database. */
export interface HintRecorder {
  /**
   * @returns the payloads of the hints that were committed since the last call, oldest first; waits
   * for no clock: notifications arrive in the order of their commits.
   */
  take(): Promise<readonly string[]>
  stop(): Promise<void>
}

/** Starts to listen on the channel of the hints. */
export async function recordHints(connectionString: string): Promise<HintRecorder> {
  const listener = new pg.Client({ connectionString })
  await listener.connect()
  const marks = `marks_${randomBytes(4).toString('hex')}`
  await listener.query(`LISTEN pipecast; LISTEN ${marks}`)
  let heard: string[] = []
  let onMark: () => void = () => undefined
  listener.on('notification', ({ channel, payload }) => {
    if (channel === marks) onMark()
    else heard.push(payload ?? '')
  })
  return {
    take: async () => {
      const marked = new Promise<void>((resolve) => {
        onMark = resolve
      })
      await listener.query(`NOTIFY ${marks}`)
      await marked
      const taken = heard
      heard = []
      return taken
    },
    stop: () => listener.end(),
  }
}
