import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readMetrics } from '../../../src/server/runs/metric-report.js'

const NOW = new Date('2026-01-28T12:00:00.000Z')
const METRIC = { job: 'load', name: 'rows', value: 7 }

const read = (body: unknown) => readMetrics(body, NOW)
const pathsOf = (body: unknown) => read(body).problems.map(({ path }) => path)

describe('a metric', () => {
  it('needs a job, a name and a value, and has defaults for the rest', () => {
    expect(read(METRIC)).toEqual({
      metrics: [
        {
          namespace: 'default',
          job: 'load',
          name: 'rows',
          value: 7,
          unit: null,
          at: '2026-01-28T12:00:00.000Z',
          minimum: null,
          maximum: null,
        },
      ],
      problems: [],
    })
  })

  it('is read from all that is said, in the order that is sent', () => {
    const whole = {
      namespace: 'dbt',
      job: 'users',
      name: 'null share',
      value: -0.5,
      unit: 'ratio',
      at: '2026-01-28T12:30:00+02:00',
      min: -1,
      max: 0,
    }

    const { metrics, problems } = read([whole, METRIC])

    expect(problems).toEqual([])
    expect(metrics).toMatchObject([
      {
        namespace: 'dbt',
        job: 'users',
        name: 'null share',
        value: -0.5,
        unit: 'ratio',
        at: '2026-01-28T10:30:00.000Z',
        minimum: -1,
        maximum: 0,
      },
      { job: 'load' },
    ])
  })

  it('takes null for what is not set', () => {
    const nothing = { namespace: null, unit: null, at: null, min: null, max: null }

    expect(read({ ...METRIC, ...nothing })).toEqual(read(METRIC))
  })

  it('was measured when it came, where its clock is a day ahead or before 1970', () => {
    const atOf = (at: string) => read({ ...METRIC, at }).metrics[0]?.at

    expect(atOf('2026-01-29T12:00:00.001Z')).toBe('2026-01-28T12:00:00.000Z')
    expect(atOf('2026-01-29T12:00:00.000Z')).toBe('2026-01-29T12:00:00.000Z')
    expect(atOf('1969-12-31T23:59:59.999Z')).toBe('2026-01-28T12:00:00.000Z')
  })

  it('has a name that can be stored and shown to everybody', () => {
    const name = 'a\0b postgres://joe:hunter2@db'

    expect(read({ ...METRIC, name, job: name }).metrics).toMatchObject([
      {
        name: 'a\uFFFDb postgres://joe:[redacted]@db',
        job: 'a\uFFFDb postgres://joe:[redacted]@db',
      },
    ])
  })

  it('may be exactly as long as it may be', () => {
    expect(pathsOf({ ...METRIC, name: 'n'.repeat(200), unit: 'u'.repeat(50) })).toEqual([])
  })

  it.each<readonly [string, unknown, readonly string[]]>([
    ['nothing', undefined, ['']],
    ['null', null, ['']],
    ['a number', 7, ['']],
    ['a list of lists', [[]], ['/0']],
    ['an empty object', {}, ['/job', '/name', '/value']],
    ['an empty job', { ...METRIC, job: '' }, ['/job']],
    ['a job that is a number', { ...METRIC, job: 7 }, ['/job']],
    ['an empty namespace', { ...METRIC, namespace: '' }, ['/namespace']],
    ['a long name', { ...METRIC, name: 'n'.repeat(201) }, ['/name']],
    ['a long unit', { ...METRIC, unit: 'u'.repeat(51) }, ['/unit']],
    ['a value in letters', { ...METRIC, value: '7' }, ['/value']],
    ['no value', { ...METRIC, value: null }, ['/value']],
    ['a value beyond all numbers', JSON.parse('{"job":"a","name":"b","value":1e999}'), ['/value']],
    ['thresholds in letters', { ...METRIC, min: '1', max: true }, ['/min', '/max']],
    ['a min above max', { ...METRIC, min: 2, max: 1 }, ['/min']],
    ['a time of no form', { ...METRIC, at: 'noon' }, ['/at']],
    ['a time that is a number', { ...METRIC, at: 0 }, ['/at']],
    ['another member', { ...METRIC, maximum: 1, 'a/b~c': 1 }, ['/maximum', '/a~1b~0c']],
    ['the second of three', [METRIC, { ...METRIC, job: '' }, METRIC], ['/1/job']],
  ])('is refused whole, and each path named, for %s', (_what, body, paths) => {
    expect(pathsOf(body)).toEqual(paths)
    expect(read(body).metrics).toEqual([])
  })

  it('is a metric or has a problem, whatever is sent', () => {
    const member = fc.oneof(fc.jsonValue(), fc.double(), fc.constantFrom('load', '2026-01-28'))
    const nearly = fc.dictionary(
      fc.constantFrom('namespace', 'job', 'name', 'value', 'unit', 'at', 'min', 'max', '__proto__'),
      member,
    )
    fc.assert(
      fc.property(fc.oneof(nearly, fc.array(nearly), fc.jsonValue()), (body) => {
        const { metrics, problems } = read(body)
        const sent = Array.isArray(body) ? body.length : 1
        expect(metrics).toHaveLength(problems.length > 0 ? 0 : sent)
        for (const { value } of metrics) expect(value).toSatisfy(Number.isFinite)
      }),
    )
  })
})
