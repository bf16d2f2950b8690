/** The database is away or too busy; nothing was recorded, and the reporter should send again. */
export class RecordingUnavailableError extends Error {
  override readonly name = 'RecordingUnavailableError'
  readonly code = 'recording_unavailable'
}

/** Postgres does not take this event; sending it again is of no use. */
export class EventRejectedError extends Error {
  override readonly name = 'EventRejectedError'
  readonly code = 'event_rejected'
}
