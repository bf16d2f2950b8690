import pg from 'pg'
import { type Cluster, PIPECAST, pgDataDirOf } from './cluster.js'
import { errorCode, messageOf } from './errors.js'
import { readPidFile, removeMisleadingPidFile } from './postmaster.js'

/** Owners share this advisory lock; who gets it for itself alone is the last one. */
const OWNERS_LOCK = 7_073_701
const CONNECT_TIMEOUT_MS = 2_000
const QUERY_TIMEOUT_MS = 5_000
const REJOIN_INTERVAL_MS = 1_000

/**
 * What came of joining: a session, or why not. `absent`: no server answers, start one. `changing`:
 * it is about to be up, or to be gone; look again soon.
 */
export type JoinResult =
  | { readonly state: 'joined'; readonly client: pg.Client; readonly port: number }
  | { readonly state: 'absent' | 'changing'; readonly reason: string }

/**
 * Joins the owners of the server that runs on this cluster, if one does. The session that holds our
 * share of the lock ends with our process, however that ends: nothing can go stale.
 */
export async function joinOwners(cluster: Cluster): Promise<JoinResult> {
  const postmaster = await readPidFile(cluster)
  if (postmaster === null) return { state: 'absent', reason: 'there is no postmaster.pid' }
  const client = newClient(cluster, postmaster.port)
  try {
    await client.connect()
  } catch (error) {
    const reason = messageOf(error)
    // cannot_connect_now: starting up, recovering or shutting down.
    if (errorCode(error) === '57P03') return { state: 'changing', reason }
    await removeMisleadingPidFile(cluster, postmaster.pid)
    return { state: 'absent', reason } // if one is just coming up, starting another finds out
  }
  const refusal = await takePlace(cluster, client)
  if (refusal === null) return { state: 'joined', client, port: postmaster.port }
  await client.end()
  return { state: 'changing', reason: refusal }
}

function newClient(cluster: Cluster, port: number): pg.Client {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: PIPECAST,
    password: cluster.password,
    database: 'postgres',
    application_name: 'pipecast owner',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
  })
  client.on('error', () => undefined) // 'end' follows, and that is what we act on
  return client
}

/** @returns `null` with a place among the owners, else why there is none. */
async function takePlace(cluster: Cluster, client: pg.Client): Promise<string | null> {
  try {
    const { rows } = await client.query<{ joined: boolean; directory: string }>(
      `SELECT pg_try_advisory_lock_shared($1) AS joined,
        current_setting('data_directory') AS directory`,
      [OWNERS_LOCK],
    )
    // Postgres writes paths with slashes, on Windows too.
    const pgDataDir = pgDataDirOf(cluster.homeDir).replaceAll('\\', '/')
    if (rows[0]?.directory !== pgDataDir) return 'a server of another folder has the port'
    return rows[0].joined ? null : 'the last owner is stopping it'
  } catch (error) {
    return messageOf(error) // it went down between the connection and the question
  }
}

/**
 * How many owners were left when we left: none (`last`, and the server may be stopped: nobody can
 * join it any more), some (`shared`), or it could not be asked (`unknown`).
 */
export type LeaveResult = 'last' | 'shared' | 'unknown'

/** Our place among the owners. */
export interface Ownership {
  /** Gives the place up. To be called once. */
  leave(): Promise<LeaveResult>
}

/**
 * Keeps our place among the owners: when the session is lost (Postgres restarts all sessions after
 * one of them crashed) it joins again every second.
 *
 * @param revive - starts the server again, where there is none any more.
 */
export function keepOwnership(
  cluster: Cluster,
  joined: pg.Client,
  revive: () => Promise<void>,
): Ownership {
  let client: pg.Client | null = null
  let timer: NodeJS.Timeout | undefined
  let rejoining = Promise.resolve()
  let isLeaving = false

  const hold = (held: pg.Client) => {
    client = held
    held.once('end', () => {
      client = null
      rejoinLater()
    })
  }
  const rejoinLater = () => {
    if (isLeaving) return
    timer = setTimeout(() => {
      rejoining = rejoin()
    }, REJOIN_INTERVAL_MS).unref()
  }
  const rejoin = async () => {
    const found = await tryToJoin(cluster, revive)
    if (found === null) rejoinLater()
    else hold(found)
  }
  hold(joined)
  return {
    async leave() {
      isLeaving = true
      clearTimeout(timer)
      await rejoining // who is just starting the server has to see to it
      const held = client ?? (await tryToJoin(cluster))
      return held === null ? 'unknown' : giveUpPlace(held)
    },
  }
}

/** A server in trouble may refuse in many ways; each of them means "not now". */
async function tryToJoin(
  cluster: Cluster,
  revive?: () => Promise<void>,
): Promise<pg.Client | null> {
  try {
    const result = await joinOwners(cluster)
    if (result.state === 'joined') return result.client
    if (result.state !== 'absent' || revive === undefined) return null
    await revive()
    return await tryToJoin(cluster)
  } catch {
    return null
  }
}

async function giveUpPlace(client: pg.Client): Promise<LeaveResult> {
  try {
    await client.query('SELECT pg_advisory_unlock_all()')
    const { rows } = await client.query<{ last: boolean }>(
      'SELECT pg_try_advisory_lock($1) AS last',
      [OWNERS_LOCK],
    )
    if (rows[0]?.last === true) return 'last' // the session, and with it the lock, ends with the server
    await client.end()
    return 'shared'
  } catch {
    return 'unknown' // the session was lost: whoever is left, we cannot tell
  }
}
