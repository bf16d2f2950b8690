import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  hasTool,
  type ProgramEnd,
  readSnippets,
  runProgram,
  runPsql,
  runSnippet,
  type Snippet,
} from '../support/documented-snippets.js'
import { containerCommand, runWorkflowSteps } from '../support/documented-workflows.js'
import { hasPython } from '../support/python.js'
import { REPORTER_TOKEN, useReportingWorkplace } from '../support/reporting-workplace.js'

const JOB = 'nightly-load'
const FAILS = { LOAD_EXIT: '3' }
const snippets = readSnippets(join(import.meta.dirname, '..', '..', 'docs', 'reporting.md'))
const used = new Set<string>()

const { where, server, pool, runsOf, readJob, putJob } = useReportingWorkplace()

function snippet(name: string): Snippet {
  const found = snippets.get(name)
  if (found === undefined) throw new Error(`docs/reporting.md has no snippet ${name}`)
  used.add(name)
  return found
}

function follow(name: string, env: Readonly<Record<string, string>> = {}): Promise<ProgramEnd> {
  return runSnippet(snippet(name), where(env))
}

// Where a tool is missing, a line says which tests are skipped for it and how to get it.
const hasCurl = hasTool('curl', 'the package curl')
const hasPsql = hasTool('psql', 'the package postgresql-client')
const hasSystemd = hasTool('systemd-analyze', 'the package systemd')

// Needs curl; where that is missing, the console says what is left out and how to get it.
describe.skipIf(!hasCurl)('a ping by curl', () => {
  it('[P7.9] makes the job and reports a success', async () => {
    const first = await follow('shortest')
    const second = await follow('shortest')

    expect([first.stdout, second.stdout]).toEqual(['Created', 'OK'])
    expect(await runsOf(JOB)).toMatchObject([{ state: 'COMPLETED' }, { state: 'COMPLETED' }])
  })

  it.each([
    [`/ping/${REPORTER_TOKEN}/no-such-job`, 404, 'not found'],
    ['/ping/another-long-token/nightly-load?create=1', 404, 'not found'],
    [`/ping/${REPORTER_TOKEN}/Nightly.Load?create=1`, 400, 'invalid url format'],
    [`/ping/${REPORTER_TOKEN}/nightly-load/256?create=1`, 400, 'invalid url format'],
  ])('[P7.9] to %s is refused', async (path, status, text) => {
    const answer = await server().get(path)

    expect([answer.status, await answer.text()]).toEqual([status, text])
    expect(await runsOf(JOB)).toEqual([])
  })

  it.each([
    [{}, { state: 'COMPLETED', exit_code: 0 }],
    [FAILS, { state: 'FAILED', exit_code: 3, error_message: 'exit code 3' }],
  ])('[P7.9] behind a command in a crontab tells its exit code: %j', async (env, expected) => {
    expect(await follow('ping', env)).toMatchObject({ exitCode: 0 })
    expect(await runsOf(JOB)).toMatchObject([expected])
  })

  it('[P7.10] names its run, so that the older of two that overlap can end first', async () => {
    const [older, newer] = ['older', 'newer'].map((name) => join(where().folder, name))
    const olderEnd = follow('trap', { LOAD_UNTIL: older! })
    await expect.poll(() => runsOf(JOB)).toHaveLength(1)
    const newerEnd = follow('trap', { LOAD_UNTIL: newer!, ...FAILS })
    await expect.poll(() => runsOf(JOB)).toHaveLength(2)
    writeFileSync(older!, '')
    const first = await olderEnd
    writeFileSync(newer!, '')
    const second = await newerEnd

    expect([first.exitCode, second.exitCode]).toEqual([0, 3])
    expect(await runsOf(JOB)).toMatchObject([
      { state: 'COMPLETED', exit_code: 0, has_start: true },
      { state: 'FAILED', exit_code: 3, has_start: true },
    ])
  })

  it('[P7.11] with the output tells why a run failed', async () => {
    const { exitCode } = await follow('log', FAILS)

    expect(exitCode).toBe(3)
    expect(await runsOf(JOB)).toMatchObject([
      { error_message: 'exit code 3: disk full', log_tail: 'loading\ndisk full\n' },
    ])
  })

  it.each([
    ['success', {}, 'COMPLETED'],
    ['failure', FAILS, 'FAILED'],
  ])('from GitHub Actions, of a job that ends in %s', async (status, env, state) => {
    await runWorkflowSteps(snippet('github').text, where({ ...env, STATUS: status }))

    expect(await runsOf(JOB)).toMatchObject([{ state, has_start: true }])
  })

  it.each([
    [{}, 0, 'COMPLETED'],
    [FAILS, 3, 'FAILED'],
  ])('from a container of Kubernetes: %j', async (env, exitCode, state) => {
    const end = await runProgram(containerCommand(snippet('kubernetes').text), where(env))

    expect(end.exitCode).toBe(exitCode)
    expect(await runsOf(JOB)).toMatchObject([{ state, exit_code: exitCode, has_start: true }])
  })
})

describe('the wrapper', () => {
  it('in a crontab reports the run and what is expected of the job', async () => {
    const end = await follow('wrap', FAILS)

    expect(end).toEqual({ exitCode: 3, stdout: 'loading\n', stderr: 'disk full\n' })
    expect(await runsOf(JOB)).toMatchObject([{ state: 'FAILED', exit_code: 3 }])
    expect(await readJob(JOB)).toMatchObject({
      schedule: { cron: '30 3 * * *', timezone: 'Europe/Riga' },
    })
  })

  it('reports the records that the command counts', async () => {
    await follow('wrap-records')

    expect(await runsOf(JOB)).toMatchObject([{ state: 'COMPLETED', rows_written: '1234' }])
  })
})

describe.each([
  ['urllib', hasPython, 'RuntimeError: disk full'],
  ['fetch', true, 'Error: disk full'],
])('a program with %s', (name, hasIt, error) => {
  it.skipIf(!hasIt)('reports its run', async () => {
    expect(await follow(name)).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await runsOf(JOB)).toMatchObject([{ state: 'COMPLETED', exit_code: 0, has_start: true }])
  })

  it.skipIf(!hasIt)('reports why it fails, and fails', async () => {
    expect(await follow(name, FAILS)).toMatchObject({ exitCode: 1 })
    expect(await runsOf(JOB)).toMatchObject([{ state: 'FAILED', error_message: error }])
  })

  it.skipIf(!hasIt)('goes on when its reports are refused, and says so once each', async () => {
    const { exitCode, stderr } = await follow(name, { PIPECAST_TOKEN: 'wrong' })

    expect(exitCode).toBe(0)
    expect(stderr.match(/^pipecast: .*404.*$/gm)).toHaveLength(2)
  })
})

describe.skipIf(!hasCurl)('REST by curl', () => {
  it('[P7.13] an event with our own facet', async () => {
    await follow('lineage')

    expect(await runsOf(JOB)).toMatchObject([
      {
        state: 'FAILED',
        error_message: '503 from upstream',
        exit_code: 3,
        log_tail: 'loading\n503 from upstream\n',
        progress_done: '40',
        progress_total: '90',
      },
    ])
  })

  it('[P7.8] what is expected of a job; what is not sent stays, and what is wrong changes nothing', async () => {
    await putJob(JOB, { freshness: 'P1D' })
    await follow('expectations')
    const told = await readJob(JOB)
    const bad = await putJob(JOB, { grace: 'soon', max_runtime: 5 })

    expect(told).toMatchObject({ grace: 'PT10M', max_runtime: 'PT1H', freshness: 'P1D' })
    expect(bad).toMatchObject({ problems: [{ path: '/max_runtime' }, { path: '/grace' }] })
    expect(await readJob(JOB)).toEqual(told)
  })

  it('[P7.12] how much a queue holds', async () => {
    await follow('queue')

    const { rows } = await pool().query('SELECT name, depth, running FROM pipecast.queue')
    expect(rows).toEqual([{ name: 'scraping', depth: 3, running: 1 }])
  })

  it('[P7.14] what a job measured of its data, and that it is too much', async () => {
    await follow('metric')

    const { rows } = await pool().query('SELECT value, maximum, is_breached FROM pipecast.metric')
    expect(rows).toEqual([{ value: 0.013, maximum: 0.01, is_breached: true }])
  })
})

describe.skipIf(!hasPsql)('SQL', () => {
  const asEtl = { PGOPTIONS: '-c role=etl' }

  beforeAll(async () => {
    await pool().query('CREATE ROLE etl')
    await pool().query('CREATE TABLE staging (n int); CREATE TABLE report (n int CHECK (n < 100))')
    await follow('grant')
    await follow('procedure')
  })
  afterAll(async () => {
    await pool().query('DROP ROLE etl')
  })

  it.each([
    ['no', 0, { state: 'COMPLETED', error_message: null }],
    ['yes', 1, { state: 'FAILED', error_message: 'load.sql failed' }],
  ])('by psql, as the role that was granted; fails: %s', async (fails, exitCode, run) => {
    const PGOPTIONS = `${asEtl.PGOPTIONS} -c test.fails=${fails}`

    expect(await follow('psql', { PGOPTIONS })).toMatchObject({ exitCode })
    expect(await runsOf(JOB)).toMatchObject([{ ...run, has_start: true }])
  })

  it.each([
    ['1', 0, { state: 'COMPLETED', rows_written: '1' }],
    ['100', 1, { state: 'FAILED', error_message: expect.stringContaining('report_n_check') }],
  ])('by the call that pg_cron makes, of the row %s', async (n, exitCode, run) => {
    await pool().query(`TRUNCATE staging; INSERT INTO staging VALUES (${n})`)
    const call = /'(CALL [^']+)'\);$/m.exec(snippet('pg-cron').text)?.[1] ?? ''

    expect(await runPsql(['-c', call], where())).toMatchObject({ exitCode })
    expect(await runsOf(JOB)).toMatchObject([{ ...run, has_start: true }])
  })
})

describe('what is not run here', () => {
  it('the transport of Airflow is JSON, and leads to where events are taken', async () => {
    const { text } = snippet('airflow')
    const script = `${text}printf %s "$AIRFLOW__OPENLINEAGE__TRANSPORT"`
    const { stdout } = await runProgram(['sh', '-c', script], where())

    const { url, endpoint, auth } = JSON.parse(stdout) as Record<string, unknown>
    expect(new URL(String(endpoint), String(url)).pathname).toBe('/api/v1/lineage')
    expect(auth).toEqual({ type: 'api_key', apiKey: 'one-of-INGEST_TOKENS' })
  })

  it.each(['settings', 'dbt', 'spark', 'python-client'])('%s is a shell script', async (name) => {
    const { text } = snippet(name)

    const end = await runProgram(['sh', '-nc', text], where())

    expect(end).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  })

  it('openlineage.yml is YAML', () => {
    expect(parse(snippet('openlineage-yml').text)).toMatchObject({ transport: { type: 'http' } })
  })

  it('the settings of a crontab are names and values', () => {
    expect(snippet('crontab-settings').text).toMatch(/^(?:[A-Z_]+=\S+\n)+$/)
  })

  it.skipIf(!hasPython)('the signals of Celery compile', async () => {
    const file = join(where().folder, 'signals.py')
    writeFileSync(file, snippet('celery').text)

    expect(await runProgram(['python3', '-m', 'py_compile', file], where())).toMatchObject({
      exitCode: 0,
      stderr: '',
    })
  })

  it.skipIf(!hasSystemd)(
    'systemd takes the unit, but for the program that is not here',
    async () => {
      const file = join(where().folder, 'nightly-load.service')
      writeFileSync(file, snippet('systemd').text)

      const { stderr } = await runProgram(['systemd-analyze', 'verify', file], where())

      const complaints = stderr.split('\n').filter((line) => line.includes('nightly-load.service'))
      expect(complaints).toEqual([
        expect.stringContaining('/usr/local/bin/nightly-load is not exec'),
      ])
    },
  )
})

describe('the document', () => {
  it('has no snippet that is not looked at here', () => {
    expect([...snippets.keys()].filter((name) => !used.has(name))).toEqual([])
  })
})
