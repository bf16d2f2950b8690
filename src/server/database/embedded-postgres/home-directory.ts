import { chmod, link, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pgDataDirOf } from './cluster.js'
import { DataDirectoryError, errorCode } from './errors.js'
import { type ServerUser, canReach, findServerUser } from './server-user.js'

/** Where the cluster is, and whom its server runs as. */
export interface HomeDirectory {
  /** May not exist yet; its parent does, and the user can enter it. */
  readonly homeDir: string
  /** A folder that the user can enter and we may write to. */
  readonly parentDir: string
  readonly user: ServerUser | null
}

/**
 * Decides where the cluster lives: in the data folder, unless we are root and the user of Postgres
 * cannot enter it (a home of mode 0700). Then it lives where that user can, and a file in the data
 * folder remembers where, so that the data is found again.
 *
 * @param dataDir - created when missing.
 * @param name - the folder of the cluster.
 * @throws DataDirectoryError when the data folder cannot be used.
 */
export async function resolveHomeDirectory(dataDir: string, name: string): Promise<HomeDirectory> {
  const ownDir = await createDataDir(dataDir)
  const locationFile = join(ownDir, `${name}.location`)
  const parentDir = (await readLocation(locationFile)) ?? ownDir
  const homeDir = join(parentDir, name)
  const user = await findServerUser(pgDataDirOf(homeDir))
  if (await canReach(parentDir, user)) return { homeDir, parentDir, user }
  if (await isCluster(homeDir)) {
    throw new DataDirectoryError(
      `${homeDir} holds a database that user id ${user?.uid ?? 'of ours'} can no longer enter (chmod a+x its parents)`,
    )
  }
  const movedDir = await relocate(locationFile, user)
  return { homeDir: join(movedDir, name), parentDir: movedDir, user }
}

async function createDataDir(dataDir: string): Promise<string> {
  try {
    await mkdir(dataDir, { recursive: true })
    return await realpath(dataDir)
  } catch (error) {
    throw new DataDirectoryError(`The data folder ${dataDir} cannot be created`, { cause: error })
  }
}

async function readLocation(locationFile: string): Promise<string | null> {
  try {
    const location = await readFile(locationFile, 'utf8')
    await mkdir(location, { recursive: true, mode: 0o711 })
    return location
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw new DataDirectoryError(`${locationFile} cannot be followed`, { cause: error })
  }
}

async function isCluster(homeDir: string): Promise<boolean> {
  try {
    await readFile(join(homeDir, 'password'))
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}

/** Makes a folder elsewhere; of two processes that try at once, the first one's is used by both. */
async function relocate(locationFile: string, user: ServerUser | null): Promise<string> {
  // /var/lib outlives a reboot; the temporary folder may not.
  for (const baseDir of ['/var/lib', tmpdir()]) {
    const movedDir = await mkdtemp(join(baseDir, 'pipecast-')).catch((error: unknown) => {
      if (['ENOENT', 'EACCES', 'EROFS'].includes(errorCode(error) ?? '')) return null
      throw error
    })
    if (movedDir === null) continue
    await chmod(movedDir, 0o711)
    if (!(await canReach(movedDir, user))) {
      await rm(movedDir, { recursive: true })
      continue
    }
    return recordLocation(locationFile, movedDir)
  }
  throw new DataDirectoryError('No folder was found that the user of Postgres can enter')
}

async function recordLocation(locationFile: string, movedDir: string): Promise<string> {
  const draftFile = `${locationFile}.${process.pid}`
  await writeFile(draftFile, movedDir)
  try {
    await link(draftFile, locationFile) // unlike a rename, it fails when there is one already
    return movedDir
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
    await rm(movedDir, { recursive: true })
    return await readFile(locationFile, 'utf8')
  } finally {
    await rm(draftFile, { force: true })
  }
}
