import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startFeedServer } from '../unit/cli/feed-server.js'
import {
  sampleGreeting,
  sampleSource,
  sampleStatus,
  sampleUpdate,
} from '../unit/cli/sample-status.js'

const CLI_MAIN = join(import.meta.dirname, '..', '..', 'dist', 'src', 'cli', 'main.js')

const UPDATE = sampleUpdate(sampleStatus([sampleSource('acled')]))

/** The exit code of `pipecast` when nobody reads what it writes. */
async function exitCodeUnread(command: string): Promise<number> {
  const script = `${process.execPath} ${CLI_MAIN} ${command} | true; echo "\${PIPESTATUS[0]}"`
  const { stdout } = await promisify(execFile)('bash', ['-c', script])
  return Number(stdout)
}

describe('a reader that has gone', () => {
  it.each(['', '--json'])(
    'does not make a deployment that fails a sound one: verify %s',
    async (flags) => {
      expect(await exitCodeUnread(`verify ${flags} http://127.0.0.1:1`)).toBe(1)
    },
  )

  it.each(['', '--json'])('ends watch %s, and that is no failure', async (flags) => {
    const server = await startFeedServer({
      onSocket: (socket) => {
        for (const frame of [sampleGreeting(), UPDATE]) socket.send(JSON.stringify(frame))
      },
    })
    onTestFinished(() => server.close())

    expect(await exitCodeUnread(`watch ${flags} ${server.url}`)).toBe(0)
  })
})
