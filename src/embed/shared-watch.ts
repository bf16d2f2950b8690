import type { ConnectOptions, Subscription } from '../client/index.js'
import { joinSources, MAX_VIEW_LENGTH, MAX_VIEW_SOURCES } from '../protocol/index.js'
import type { WatchOptions } from './element-options.js'

/** One element's part in a connection. */
export interface Watch {
  /** What is known of its sources; `undefined` for a moment, before a connection is begun. */
  readonly look: () => Pick<Subscription, 'update' | 'state'> | undefined
  readonly stop: () => void
}

/** A connection and the keys that it brings; none: all there are. */
interface Line {
  readonly sources: readonly string[]
  readonly subscription: Subscription
}

/** What an element wants to see. */
interface Wish {
  readonly sources: readonly string[]
  readonly onChange: () => void
}

interface Group {
  readonly wishes: Set<Wish>
  /** One, but while another begins; the one that has brought data comes first. */
  lines: readonly Line[]
  timer?: ReturnType<typeof setTimeout>
}

/**
 * Makes what lets the elements of a page that watch the same feed of the same server share one
 * connection. It brings the sources of all of them; each list would take a place of its own
 * otherwise. Only a source that is not covered yet begins another, and the former stays until that
 * has brought data.
 */
export function createSharedWatch(
  connect: (options: ConnectOptions) => Subscription,
): (options: WatchOptions, onChange: () => void) => Watch {
  const groups = new Map<string, Group>()
  return (options, onChange) => {
    const { url, feed, token, sources } = options
    const key = JSON.stringify([url, feed, token])
    const group: Group = groups.get(key) ?? { wishes: new Set(), lines: [] }
    groups.set(key, group)
    const wish: Wish = { sources, onChange }
    group.wishes.add(wish)
    clearTimeout(group.timer)
    // Elements that stand in a page together are one change.
    group.timer = setTimeout(() => extend(group, options, connect))
    return {
      look: () => group.lines.find((line) => covers(line, sources))?.subscription,
      stop: () => {
        group.wishes.delete(wish)
        if (group.wishes.size > 0) return
        groups.delete(key)
        clearTimeout(group.timer)
        keepLines(group, [])
      },
    }
  }
}

function extend(
  group: Group,
  { url, feed, token }: WatchOptions,
  connect: (options: ConnectOptions) => Subscription,
): void {
  const sources = unionOf([...group.wishes].map((wish) => wish.sources))
  const newest = group.lines.at(-1)
  if (newest && covers(newest, sources)) return
  const tell = () => group.wishes.forEach(({ onChange }) => onChange())
  const subscription = connect({
    url,
    feed,
    ...(sources.length === 0 ? {} : { sources }),
    ...(token === null ? {} : { token }),
    onUpdate: () => {
      keepLines(group, group.lines.slice(group.lines.indexOf(line)))
      tell()
    },
    onState: tell,
  })
  const line: Line = { sources, subscription }
  keepLines(group, [...group.lines.filter((former) => former.subscription.update), line])
  tell()
}

/** A line is told of its own end, and must be out of sight by then. */
function keepLines(group: Group, lines: readonly Line[]): void {
  const others = group.lines.filter((line) => !lines.includes(line))
  group.lines = lines
  for (const { subscription } of others) subscription.close()
}

function covers(line: Line, sources: readonly string[]): boolean {
  if (line.sources.length === 0) return true
  return sources.length > 0 && sources.every((key) => line.sources.includes(key))
}

/** None stands for all there are, also where there are more than a view may name. */
function unionOf(lists: readonly (readonly string[])[]): readonly string[] {
  const union = [...new Set(lists.flat())]
  const isTooLong = union.length > MAX_VIEW_SOURCES || joinSources(union).length > MAX_VIEW_LENGTH
  return isTooLong || lists.some(({ length }) => length === 0) ? [] : union
}
