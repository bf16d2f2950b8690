import { randomUUID } from 'node:crypto'

/** An OpenLineage run event of a job in the namespace `default`. */
export function runEvent(
  eventType: 'START' | 'COMPLETE' | 'FAIL',
  jobName: string,
  errorMessage?: string,
): object {
  const facets =
    errorMessage === undefined
      ? {}
      : { errorMessage: { message: errorMessage, programmingLanguage: 'SQL' } }
  return {
    eventType,
    eventTime: new Date().toISOString(),
    run: { runId: randomUUID(), facets },
    job: { namespace: 'default', name: jobName },
    producer: 'https://example.com/e2e',
  }
}

/**
 * Reports events to a server: one as itself, several as a batch.
 *
 * @throws Error when not all of them are recorded.
 */
export async function report(url: string, events: object | readonly object[]): Promise<void> {
  const path = Array.isArray(events) ? '/api/v1/lineage/batch' : '/api/v1/lineage'
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(events),
  })
  const text = await response.text()
  const isRecorded = response.status === 201 || text.includes('"status":"success"')
  if (!isRecorded) throw new Error(`not recorded, ${response.status}: ${text}`)
}
