import { describe, expect, it } from 'vitest'
import { InvalidAddressError } from '../../../../src/cli/endpoints.js'
import {
  type RunFlags,
  RunUsageError,
  readRunRequest,
} from '../../../../src/cli/run/run-request.js'

function read(flags: Partial<RunFlags> = {}, env: NodeJS.ProcessEnv = {}) {
  return readRunRequest('nightly', ['make', '-j2'], { namespace: 'default', ...flags }, env)
}

describe('readRunRequest', () => {
  it('without any option reports to localhost and expects nothing', async () => {
    expect(await read()).toEqual({
      job: 'nightly',
      namespace: 'default',
      command: ['make', '-j2'],
      base: 'http://localhost:8000',
      complaint: null,
      token: undefined,
      expectations: null,
    })
  })

  it('options win over the environment, and an empty variable is none', async () => {
    const env = { PIPECAST_URL: 'https://env', PIPECAST_TOKEN: 'env' }

    expect(await read({ url: 'option:1', token: 'option' }, env)).toMatchObject({
      base: 'http://option:1',
      token: 'option',
    })
    expect(await read({}, env)).toMatchObject({ base: 'https://env', token: 'env' })
    expect(await read({}, { PIPECAST_URL: '', PIPECAST_TOKEN: '' })).toMatchObject({
      base: 'http://localhost:8000',
      token: undefined,
    })
  })

  it('a bad address is wrong usage as an option, and only a complaint as a setting', async () => {
    const { base, complaint } = await read({}, { PIPECAST_URL: 'ftp://x' })

    expect(base).toBeNull()
    expect(complaint).toContain('PIPECAST_URL')
    await expect(read({ url: 'ftp://x' })).rejects.toThrow(InvalidAddressError)
  })

  it.each([
    [{ every: '1h' }, { schedule: { interval: 'PT1H' } }],
    [
      { cron: '30 3 * * *', tz: 'Europe/Riga' },
      { schedule: { cron: '30 3 * * *', timezone: 'Europe/Riga' } },
    ],
    [{ grace: '0s' }, { grace: 'PT0S' }],
    [{ cron: '@daily' }, { schedule: { cron: '@daily', timezone: 'UTC' } }],
    [
      { grace: '5m', maxRuntime: '30m' },
      { grace: 'PT5M', max_runtime: 'PT30M' },
    ],
  ])('%j is sent as %j', async (flags, expectations) => {
    expect((await read(flags)).expectations).toEqual(expectations)
  })

  it.each<[Partial<RunFlags>, string]>([
    [{ every: '1h', cron: '* * * * *' }, 'one schedule'],
    [{ every: '1h', tz: 'Europe/Riga' }, '--tz'],
    [{ tz: 'Europe/Riga' }, '--tz'],
    [{ every: 'often' }, '--every often'],
    [{ every: '0s' }, '--every 0s'],
    [{ grace: '5' }, '--grace 5'],
    [{ maxRuntime: '0s' }, '--max-runtime 0s'],
    [{ maxRuntime: '-1h' }, '--max-runtime -1h'],
    [{ cron: 'nonsense' }, '--cron'],
    [{ cron: '* * * * * *' }, '--cron'],
    [{ cron: '0 0 30 2 *' }, '--cron'],
    [{ cron: '* * * * *', tz: 'Europe/Nowhere' }, 'Europe/Nowhere'],
    [{ namespace: '' }, 'the namespace'],
  ])('%j is wrong usage', async (flags, words) => {
    const reading = read(flags)

    await expect(reading).rejects.toThrow(RunUsageError)
    await expect(reading).rejects.toThrow(words)
  })

  it('a job without a name, or without a command, is wrong usage', async () => {
    const flags = { namespace: 'default' }

    await expect(readRunRequest('', ['true'], flags, {})).rejects.toThrow('the job')
    await expect(readRunRequest('x'.repeat(513), ['true'], flags, {})).rejects.toThrow('the job')
    await expect(readRunRequest('nightly', [], flags, {})).rejects.toThrow('what to run')
  })
})
