import fc from 'fast-check'
import { eventId } from '../../src/server/runs/event-id.js'
import {
  RUN_EVENT_TYPES,
  type RunEvent,
  type RunEventType,
} from '../../src/server/runs/run-event.js'

/** What a test says of an event; everything else has a value of its own. */
export type AboutEvent = Partial<Omit<RunEvent, 'id' | 'raw' | 'type' | 'at'>>

/** A run id made from a small number, so that a test can name its runs. */
export function runIdOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}

/** An instant of 28 January 2026, as events carry it. */
export function instant(time: string): string {
  return `2026-01-28T${time}Z`
}

/** An event of run 1 of the job `load`, unless told otherwise; its id follows from what it says. */
export function runEvent(type: RunEventType, time: string, about: AboutEvent = {}): RunEvent {
  const said = {
    namespace: 'default',
    name: 'load',
    runId: runIdOf(1),
    type,
    at: instant(time),
    ...about,
  }
  return { id: eventId(said), ...said, raw: said }
}

const parents = [
  { runId: runIdOf(101), namespace: 'default', name: 'nightly' },
  { runId: runIdOf(102), namespace: 'default', name: 'hourly' },
]

const aboutEvent: fc.Arbitrary<AboutEvent> = fc.record(
  {
    namespace: fc.constant('default'),
    name: fc.constantFrom('extract', 'load', 'report'),
    runId: fc.integer({ min: 1, max: 4 }).map(runIdOf),
    parent: fc.constantFrom(...parents),
    root: fc.constantFrom(...parents),
    nominalStartAt: fc.constantFrom(instant('09:00:00'), instant('09:30:00')),
    nominalEndAt: fc.constantFrom(instant('10:00:00'), instant('10:30:00')),
    error: fc.constantFrom('disk full', 'Gerät fehlt'),
    rowsWritten: fc.integer({ min: 0, max: 5 }),
    bytesWritten: fc.integer({ min: 0, max: 5 }),
    processingType: fc.constantFrom('BATCH' as const, 'STREAMING' as const),
    description: fc.constantFrom('Zebra', 'apple', 'ärger'),
    owners: fc.constantFrom(['Zebra'], ['apple', 'Zebra'], ['ärger']),
    assertions: fc.uniqueArray(
      fc.record(
        {
          name: fc.constantFrom('unique', 'not_null'),
          isSuccess: fc.boolean(),
          isWarning: fc.boolean(),
        },
        { requiredKeys: ['name', 'isSuccess'] },
      ),
      { selector: ({ name }) => name },
    ),
  },
  { requiredKeys: ['namespace', 'name', 'runId'] },
)

/** Events of few jobs and few runs at few instants, so that everything collides. */
export const collidingEvents: fc.Arbitrary<RunEvent[]> = fc.array(
  fc
    .tuple(
      fc.constantFrom(...RUN_EVENT_TYPES),
      fc.constantFrom('10:00:00', '10:00:01', '10:00:01.001', '10:00:02'),
      aboutEvent,
    )
    .map((said) => runEvent(...said)),
  { minLength: 1, maxLength: 24, size: 'max' },
)
