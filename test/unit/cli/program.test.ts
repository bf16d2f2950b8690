import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE, runProgram } from '../../../src/cli/program.js'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

async function run(...args: string[]) {
  const written = { out: '', err: '' }
  const stream = { on: () => undefined, off: () => undefined }
  const exitCode = await runProgram(args, {
    stdout: { write: (text) => (written.out += text), ...stream },
    stderr: { write: (text) => (written.err += text) },
    env: { PIPECAST_URL: 'http://user:password@host' },
    signal: new AbortController().signal,
  })
  return { exitCode, ...written }
}

describe('runProgram', () => {
  it('tells its version, as the package does', async () => {
    const { exitCode, out } = await run('--version')

    expect(exitCode).toBe(EXIT_OK)
    expect(out).toBe(`${version}\n`)
  })

  it('names its commands in the help', async () => {
    const { exitCode, out } = await run('--help')

    expect(exitCode).toBe(EXIT_OK)
    expect(out).toContain('watch [options] [url]')
    expect(out).toContain('verify [options] <url>')
  })

  it.each([
    [['nonsense'], "unknown command 'nonsense'"],
    [['watch', '--nonsense'], "unknown option '--nonsense'"],
    [['verify'], "missing required argument 'url'"],
    [['verify', 'ftp://host'], 'is neither http'],
    [['watch', 'http://host', 'another'], 'too many arguments'],
    [[], 'Usage: pipecast'],
  ])('calls %j wrong usage and says why', async (args, words) => {
    const { exitCode, err, out } = await run(...args)

    expect(exitCode).toBe(EXIT_USAGE)
    expect(err).toContain(words)
    expect(out).toBe('')
  })

  it('watches PIPECAST_URL when no address is given', async () => {
    const { exitCode, err } = await run('watch')

    expect(exitCode).toBe(EXIT_USAGE)
    expect(err).toContain('the address holds credentials')
  })

  it('writes what it verified as one JSON document, and fails with it', async () => {
    const { exitCode, out } = await run('verify', '--json', 'http://127.0.0.1:1')

    const report = JSON.parse(out)

    expect(exitCode).toBe(EXIT_FAILED)
    expect(report).toMatchObject({ ok: false, took_ms: expect.any(Number) })
    expect(report.checks).toHaveLength(13)
    expect(report.checks[0]).toMatchObject({ kind: 'failed', detail: 'ECONNREFUSED' })
  })
})
