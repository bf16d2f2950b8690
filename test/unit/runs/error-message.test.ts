import { describe, expect, it } from 'vitest'
import { errorMessage, MAX_MESSAGE_LENGTH } from '../../../src/server/runs/error-message.js'

describe('errorMessage', () => {
  it('[OL-error] drops the frames of Java and keeps the causes', () => {
    const pasted = [
      'org.apache.spark.SparkException: Job aborted.',
      '\tat org.apache.spark.A.b(A.scala:1)',
      '\tat org.apache.spark.A.c(A.scala:2)',
      'Caused by: java.io.IOException: disk full',
      '\tat java.io.File.write(File.java:3)',
      '\t... 23 more',
    ].join('\r\n')

    expect(errorMessage(pasted)).toBe(
      'org.apache.spark.SparkException: Job aborted.\nCaused by: java.io.IOException: disk full',
    )
  })

  it('[OL-error] keeps the last line of a Python traceback', () => {
    const pasted = [
      'Traceback (most recent call last):',
      '  File "/opt/dag.py", line 12, in load',
      '    rows = connect(dsn)',
      '           ^^^^^^^^^^^^',
      'ValueError: no rows',
    ].join('\n')

    expect(errorMessage(pasted)).toBe('ValueError: no rows')
  })

  it('[OL-error] drops the frames of JavaScript', () => {
    expect(errorMessage('Error: x\n    at run (file:///a.js:1:2)\n    at b.js:1:1')).toBe(
      'Error: x',
    )
  })

  it('[OL-error] keeps indented lines and prose that only resemble frames', () => {
    const text = 'could not load\n  column "a"\n  column "at"\nat the end of the file'

    expect(errorMessage(text)).toBe(text)
  })

  it('[OL-error] keeps at most 2,000 characters, and no half of one', () => {
    expect(errorMessage('e'.repeat(2001))).toHaveLength(MAX_MESSAGE_LENGTH)
    expect(errorMessage(`${'e'.repeat(1999)}😀`)).toBe('e'.repeat(1999))
  })

  it('[OL-error] an empty message is none', () => {
    expect(errorMessage(' \n')).toBeNull()
    expect(errorMessage('\tat a.b(C.java:1)')).toBeNull()
  })

  it.each([['\n'], ['  File "'], ['\nat x '], [' '], ['Traceback (most recent\n']])(
    '[OL-size] takes 8 MB of %j in well under a second',
    (unit) => {
      const text = unit.repeat(8_000_000 / unit.length)

      const startedAt = performance.now()
      errorMessage(text)

      expect(performance.now() - startedAt).toBeLessThan(500)
    },
  )
})
