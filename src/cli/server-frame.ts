import {
  HEALTH_STATUSES,
  type PipelineStatus,
  type ServerFrame,
  type UpdateFrame,
} from '../protocol/index.js'

/** An update of the built-in feed. */
export type StatusUpdate = UpdateFrame<PipelineStatus>

/** The frames that a subscriber of `pipeline-status` gets, with the data's type known. */
export type StatusFrame = Exclude<ServerFrame, UpdateFrame> | StatusUpdate

type JsonObject = Readonly<Record<string, unknown>>

/**
 * Reads a frame off the wire and checks the members that this program relies on.
 *
 * @returns `null` for text that is no frame of this protocol.
 */
export function readFrame(text: string): StatusFrame | null {
  const value = parseJson(text)
  if (!isObject(value) || !isInstant(value['timestamp'])) return null
  return hasMembersOfItsType(value) ? (value as unknown as StatusFrame) : null
}

/** JSON, or `undefined` when the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // `undefined` is no JSON value, so it cannot be mistaken for one
  }
}

/** Whether the value is an object with members; an array is not. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether the frame carries the feed's data. */
export function isUpdate(frame: StatusFrame): frame is StatusUpdate {
  return frame.type === 'pipeline_status_update' || frame.type === 'feed_update'
}

/** Whether the value can be shown as the status of pipelines. */
export function isPipelineStatus(value: unknown): value is PipelineStatus {
  return (
    isObject(value) &&
    isHealth(value['status']) &&
    isRecordOf(value['sources'], isSource) &&
    isRecordOf(value['pipelines'], isJob) &&
    isObject(value['totals']) &&
    isObject(value['queue'])
  )
}

function hasMembersOfItsType(frame: JsonObject): boolean {
  switch (frame['type']) {
    case 'pipeline_status_update':
    case 'feed_update':
      return hasCursor(frame) && isPipelineStatus(frame['data'])
    case 'connection_status':
      return isObject(frame['data']) && isDuration(frame['data']['stale_after_ms'])
    case 'error':
      return typeof frame['code'] === 'string' && typeof frame['message'] === 'string'
    case 'connection_closing':
      return isDuration(frame['retry_after_ms'])
    case 'pong':
    case 'auth_ok':
    case 'auth_required':
      return true
    default:
      return false
  }
}

function hasCursor(frame: JsonObject): boolean {
  return (
    typeof frame['epoch'] === 'string' &&
    typeof frame['seq'] === 'number' &&
    isInstant(frame['generated_at'])
  )
}

/** Whether the value is a time that can be calculated with. */
export function isInstant(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
}

function isDuration(value: unknown): boolean {
  return typeof value === 'number' && value >= 0
}

function isHealth(value: unknown): boolean {
  return (HEALTH_STATUSES as readonly unknown[]).includes(value)
}

function isRecordOf(value: unknown, isMember: (member: unknown) => boolean): boolean {
  return isObject(value) && Object.values(value).every(isMember)
}

function isJob(value: unknown): boolean {
  return (
    isObject(value) &&
    isHealth(value['status']) &&
    Array.isArray(value['reasons']) &&
    typeof value['running'] === 'number'
  )
}

function isSource(value: unknown): boolean {
  return (
    isObject(value) &&
    isJob(value) &&
    typeof value['pipeline'] === 'string' &&
    typeof value['history'] === 'string'
  )
}
