import { createDelivery, type Deliver, type DeliveryOptions, pause } from './demo-delivery.js'
import { demoEvents, type OpenLineageEvent } from './demo-events.js'

const POLL_INTERVAL_MS = 250

/** Fills the 90 runs of ten sources in about 5,300 events. */
const DEFAULT_HISTORY_MS = 135 * 60_000

const BATCH_SIZE = 200

/** More events than this are a gap to be filled, not the life of the moment. */
const LIVE_LIMIT = 50

/** What the demo reporter needs to know. */
export interface DemoReporterOptions extends DeliveryOptions {
  readonly now?: () => Date
  /** How far back the board is filled, at the start and after an outage. 135 min by default. */
  readonly historyMs?: number
}

/**
 * Reports the demo over HTTP, as any pipeline would: at once what happened lately, then everything
 * as it happens. Failures are logged and retried.
 *
 * @returns when the signal has ended it, or when its token is not accepted; nothing is left behind.
 */
export async function startDemoReporter(options: DemoReporterOptions): Promise<void> {
  const { signal, now = () => new Date(), historyMs = DEFAULT_HISTORY_MS } = options
  const deliver = createDelivery(options)
  let reportedUntilMs = Number.NEGATIVE_INFINITY
  do {
    const until = now()
    const from = new Date(Math.max(reportedUntilMs, until.getTime() - historyMs))
    if (!(await report(deliver, demoEvents(from, until)))) return
    reportedUntilMs = until.getTime()
  } while (await pause(POLL_INTERVAL_MS, signal))
}

async function report(deliver: Deliver, events: readonly OpenLineageEvent[]): Promise<boolean> {
  if (events.length > LIVE_LIMIT) return reportGap(deliver, events)
  for (const event of events) {
    if (!(await deliver('api/v1/lineage', event))) return false
  }
  return true
}

/**
 * The newest batch goes first: the board is right at once, and what watches over schedules never
 * sees an hour without a run. The order of events decides nothing.
 */
async function reportGap(deliver: Deliver, events: readonly OpenLineageEvent[]): Promise<boolean> {
  for (let end = events.length; end > 0; end -= BATCH_SIZE) {
    const batch = events.slice(Math.max(0, end - BATCH_SIZE), end)
    if (!(await deliver('api/v1/lineage/batch', batch))) return false
  }
  return true
}
