import { runIdOf } from './run-events.js'

/** An OpenLineage event with all that is needed, changed as a test needs it. */
export function lineageEvent(changes: Readonly<Record<string, unknown>> = {}): object {
  return {
    eventType: 'COMPLETE',
    eventTime: '2026-01-28T10:00:00.000Z',
    run: { runId: runIdOf(1) },
    job: { namespace: 'default', name: 'load' },
    producer: 'https://example.com/test',
    ...changes,
  }
}
