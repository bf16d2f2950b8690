import { describe, expect, it } from 'vitest'
import { HttpError } from '../../../src/server/http/error-handler.js'
import { answerFailures } from '../../../src/server/runs/answer-failures.js'
import { TooManyReadsError } from '../../../src/server/runs/read-turns.js'
import {
  EventRejectedError,
  RecordingUnavailableError,
} from '../../../src/server/runs/recording-errors.js'

const withCode = (code: string) => Object.assign(new Error('secret of the driver'), { code })

async function failureOf(cause: Error): Promise<HttpError> {
  const failed = answerFailures(Promise.reject(cause))
  return (await failed.catch((error: unknown) => error)) as HttpError
}

describe('what a failure means to a caller', () => {
  it('is nothing when the work succeeds', async () => {
    expect(await answerFailures(Promise.resolve('done'))).toBe('done')
  })

  it.each([
    ['the connection is lost', withCode('ECONNRESET')],
    ['the server shuts down', withCode('57P01')],
    ['two writers were in each other’s way', withCode('40P01')],
    ['the migrations have not run', withCode('42P01')],
    ['a newer migration has not run', withCode('42883')],
    ['there is no schema yet', withCode('3F000')],
    ['recording is not possible', new RecordingUnavailableError('too many wait')],
    ['too many read', new TooManyReadsError('too many read')],
  ])('[P7.5] is 503 with a time to come again, when %s', async (_what, cause) => {
    expect(await failureOf(cause)).toMatchObject({ statusCode: 503, retryAfterMs: 2_000, cause })
  })

  it.each([
    ['a value', withCode('22008')],
    ['an event', new EventRejectedError('not taken')],
  ])('is 400 when Postgres does not take %s', async (_what, cause) => {
    expect(await failureOf(cause)).toMatchObject({ statusCode: 400 })
  })

  it('[P1.7] never repeats what the driver says', async () => {
    for (const code of ['ECONNRESET', '57P01', '22008', '42P01']) {
      expect((await failureOf(withCode(code))).message).not.toContain('secret')
    }
  })

  it('is left alone when it is an answer already, or a mistake of ours', async () => {
    const answer = new HttpError(404, 'no_such_job', 'there is no such job')
    const mistake = withCode('42601')

    expect(await failureOf(answer)).toBe(answer)
    expect(await failureOf(mistake)).toBe(mistake)
  })
})
