import { believableTime, readEventTime } from './event-time.js'
import type { Problem } from './job-expectations.js'
import { canonicalName, DEFAULT_NAMESPACE } from './job-name.js'
import { isJsonObject } from './json-member.js'
import { redactText } from './redact.js'
import { storableText } from './storable-text.js'

/** A value that a job measured of its data, and what it should be. `null` is not set. */
export interface MetricReport {
  readonly namespace: string
  readonly job: string
  readonly name: string
  readonly value: number
  readonly unit: string | null
  /** When it was measured: ISO 8601 in UTC. */
  readonly at: string
  /** Below it the data is not good enough. */
  readonly minimum: number | null
  /** Above it the data is not good enough. */
  readonly maximum: number | null
}

/** The longest name of a metric, in UTF-16 code units. */
export const MAX_METRIC_NAME_LENGTH = 200

/** The longest unit, in UTF-16 code units. */
export const MAX_UNIT_LENGTH = 50

const MEMBERS = ['namespace', 'job', 'name', 'value', 'unit', 'at', 'min', 'max']

/**
 * Reads one metric or an array of them.
 *
 * @param receivedAt - our clock, for metrics without a time or with one that cannot be believed.
 * @returns the metrics, and every problem: they count only when there is none.
 */
export function readMetrics(
  body: unknown,
  receivedAt: Date,
): { readonly metrics: readonly MetricReport[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const metrics = Array.isArray(body)
    ? body.map((item, index) => readMetric(item, createReader(`/${index}`, problems), receivedAt))
    : [readMetric(body, createReader('', problems), receivedAt)]
  return { metrics: problems.length > 0 ? [] : metrics.flatMap((metric) => metric ?? []), problems }
}

/** @returns `null` when it is none; the reader has then noted why. */
function readMetric(item: unknown, read: Reader, receivedAt: Date): MetricReport | null {
  if (!isJsonObject(item)) return read.report('', 'send an object with job, name and value')
  for (const member of Object.keys(item)) {
    if (!MEMBERS.includes(member)) read.report(pointer(member), 'there is no such member')
  }
  const job = read.text('/job', item['job'] ?? '', 1)
  const name = read.text('/name', item['name'] ?? '', 1, MAX_METRIC_NAME_LENGTH)
  const namespace = read.text('/namespace', item['namespace'] ?? DEFAULT_NAMESPACE, 1)
  const unit = read.text('/unit', item['unit'] ?? '', 0, MAX_UNIT_LENGTH)
  const value = read.number('/value', item['value'])
  const minimum = item['min'] == null ? null : read.number('/min', item['min'])
  const maximum = item['max'] == null ? null : read.number('/max', item['max'])
  if (minimum !== null && maximum !== null && minimum > maximum) {
    read.report('/min', 'send a min that is not above max')
  }
  const at = readAt(item['at'], read, receivedAt)
  if (job === null || name === null || namespace === null || value === null) return null
  return {
    namespace: canonicalName(namespace) ?? DEFAULT_NAMESPACE,
    job: canonicalName(job) ?? job,
    name: redactText(storableText(name)),
    value,
    unit: unit === null || unit === '' ? null : storableText(unit),
    at,
    minimum,
    maximum,
  }
}

function readAt(given: unknown, read: Reader, receivedAt: Date): string {
  if (given == null) return receivedAt.toISOString()
  const time = readEventTime(given)
  if (time !== null) return believableTime(time, receivedAt)
  read.report('/at', 'send an instant in ISO 8601, such as 2026-01-28T12:30:45.123Z')
  return receivedAt.toISOString()
}

/** Reads the members of one metric, and notes what is wrong with them; `null` is wrong. */
interface Reader {
  readonly report: (path: string, message: string) => null
  readonly text: (
    path: string,
    given: unknown,
    minLength: number,
    maxLength?: number,
  ) => string | null
  readonly number: (path: string, given: unknown) => number | null
}

function createReader(base: string, problems: Problem[]): Reader {
  const report: Reader['report'] = (path, message) => {
    problems.push({ path: base + path, message })
    return null
  }
  return {
    report,
    text: (path, given, minLength, maxLength = Infinity) => {
      if (typeof given !== 'string') return report(path, 'send a text')
      if (given.length < minLength) return report(path, 'is missing')
      return given.length > maxLength ? report(path, `send at most ${maxLength} characters`) : given
    },
    number: (path, given) => {
      if (given === undefined) return report(path, 'is missing')
      return typeof given === 'number' && Number.isFinite(given)
        ? given
        : report(path, 'send a finite number')
    },
  }
}

/** A member's name as a step of a JSON pointer. */
function pointer(member: string): string {
  return `/${member.replaceAll('~', '~0').replaceAll('/', '~1')}`
}
