import type { Page } from 'playwright-core'
import type { ForeignFollower, ForeignState } from './foreign-client.js'

/** Follows a feed in a page, by the browser's WebSocket and nothing of this project. */
export async function followInPage(
  page: Page,
  url: string,
  protocols: readonly string[],
): Promise<ForeignFollower> {
  const name = `told-${protocols.join('-')}`
  const errors: string[] = []
  page.on('pageerror', ({ message }) => errors.push(message))
  await page.evaluate(follow, { url, protocols: [...protocols], name })
  const isThere = ([key, count]: readonly [string, number]) =>
    ((globalThis as unknown as Told)[key]?.length ?? 0) >= count
  const take = ([key, count]: readonly [string, number]) =>
    (globalThis as unknown as Told)[key]?.splice(0, count) ?? []
  return {
    next: async (count) => {
      const wanted = [name, count] as const
      const options = { polling: 5, timeout: 10_000 }
      await page.waitForFunction(isThere, wanted, options).catch((cause: unknown) => {
        throw new Error(`the page: ${errors.join(', ') || 'said nothing in time'}`, { cause })
      })
      return page.evaluate(take, wanted)
    },
  }
}

type Told = Record<string, ForeignState[] | undefined>

/** What the page runs; it goes there as text, so that it can use nothing from outside of it. */
function follow(asked: {
  readonly url: string
  readonly protocols: string[]
  readonly name: string
}) {
  type Value = null | boolean | number | string | Value[] | Members
  interface Members {
    [key: string]: Value
  }
  const isObject = (value: Value | undefined): value is Members =>
    typeof value === 'object' && value !== null && !Array.isArray(value)

  /** RFC 7396. */
  const merge = (target: Value | undefined, patch: Value): Value => {
    if (!isObject(patch)) return patch
    const result = new Map(isObject(target) ? Object.entries(target) : [])
    for (const [key, value] of Object.entries(patch)) {
      if (value === null) result.delete(key)
      else result.set(key, merge(result.get(key), value))
    }
    return Object.fromEntries(result)
  }
  /** RFC 8785. */
  const canonical = (value: Value): string => {
    if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
    if (!isObject(value)) return JSON.stringify(value)
    const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
    return `{${members.map(([key, of]) => `${JSON.stringify(key)}:${canonical(of)}`).join(',')}}`
  }
  const encoder = new TextEncoder()
  const hash = (text: string): string => {
    let rest = -1
    for (const byte of encoder.encode(text)) {
      rest ^= byte
      for (let bit = 0; bit < 8; bit += 1) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0)
    }
    return (~rest >>> 0).toString(16).padStart(8, '0')
  }

  const told: ForeignState[] = []
  Object.assign(globalThis, { [asked.name]: told })
  let [document, seq]: [Value, number] = [null, 0]
  const socket = new WebSocket(asked.url, asked.protocols)
  socket.onmessage = ({ data }) => {
    const text = String(data)
    const message = JSON.parse(text) as {
      readonly type: string
      readonly seq: number
      readonly data: Value
      readonly patch?: Value
      readonly hash?: string
    }
    if (message.type === 'pipeline_status_update') document = message.data
    else if (message.type !== 'pipeline_status_patch') return
    else if (message.patch !== undefined) {
      if (message.seq !== seq + 1) throw new Error(`a patch to ${message.seq} after ${seq}`)
      document = merge(document, message.patch)
    }
    seq = message.seq
    const state = { type: message.type, seq, canonical: canonical(document) }
    if (message.hash !== undefined && message.hash !== hash(state.canonical)) {
      throw new Error(`the hash at ${seq} is ${hash(state.canonical)}, not ${message.hash}`)
    }
    told.push({ ...state, bytes: encoder.encode(text).length })
  }
  return new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve()
    socket.onerror = () => reject(new Error('no socket'))
  })
}
