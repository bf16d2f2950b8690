import type { PipelineStatus } from '../../protocol/index.js'
import { isUpdate } from '../server-frame.js'
import { printable } from '../text-fit.js'
import { lostText, outOfDateText } from './board-header.js'
import type { LineWriter } from './line-writer.js'
import { renderBoard } from './render-board.js'
import { createScreen } from './screen.js'
import { changeLine, startLine, statusChanges } from './status-changes.js'
import type { FeedEvent, WatchState } from './watch-state.js'

/** One way to show a feed. */
export interface View {
  /** Something happened; `state` is what it led to. */
  readonly onEvent: (event: FeedEvent, state: WatchState) => void
  /** A second has passed. */
  readonly onTick: (state: WatchState) => void
  /** The terminal has another size now. */
  readonly onResize?: () => void
  /** Gives back what it took. May be called twice. */
  readonly close: () => void
}

/** Where text goes, and what time it is. */
export interface Output {
  readonly write: (text: string) => void
  readonly now: () => number
}

/** A terminal: text, and a size that may change. */
export interface Terminal extends Output {
  readonly size: () => { readonly width: number; readonly height: number }
  readonly colour: boolean
}

/** A table that is redrawn in place. */
export function createBoardView(terminal: Terminal): View {
  const screen = createScreen(terminal.write)
  const draw = (state: WatchState) => {
    const { width, height } = terminal.size()
    const now = terminal.now()
    // The last column stays free: clearing to the end of a full line would take its last letter.
    screen.draw(renderBoard(state, { width: width - 1, height, now, colour: terminal.colour }))
  }
  return {
    onEvent: (_event, state) => draw(state),
    onTick: draw,
    onResize: screen.invalidate,
    close: screen.leave,
  }
}

/** One plain line for the start and for each change; never an escape code. */
export function createLineView({ write, now }: Output): View {
  let before: PipelineStatus | null = null
  let isOutOfDate = false
  let lostReason: string | null = null
  const timestamp = () => new Date(now()).toISOString()
  const say = (text: string) => write(`${printable(`${timestamp()} ${text}`)}\n`)

  const showData = (data: PipelineStatus) => {
    if (before === null) {
      write(`${startLine(data, timestamp())}\n`)
    } else {
      for (const change of statusChanges(before, data))
        write(`${changeLine(change, timestamp())}\n`)
    }
    before = data
  }
  const showAge = (state: WatchState) => {
    const warning = outOfDateText(state, now())
    if (warning !== null && !isOutOfDate) say(warning)
    if (warning === null && isOutOfDate) say('the data is up to date again')
    isOutOfDate = warning !== null
  }
  const showConnection = ({ connection }: WatchState) => {
    if (connection.phase === 'live' && lostReason !== null) {
      lostReason = null
      say('live again')
    }
    if (connection.phase !== 'lost' || connection.reason === lostReason) return
    lostReason = connection.reason
    say(lostText(connection, now()))
  }
  return {
    onEvent: (_event, state) => {
      showConnection(state)
      if (state.update !== null && state.update.data !== before) showData(state.update.data)
      showAge(state)
    },
    onTick: showAge,
    close: () => undefined,
  }
}

/** What {@link createJsonView} writes, and where. */
export interface JsonViewOptions {
  readonly lines: LineWriter
  readonly now: () => number
  /** Every frame, not only those of the feed. */
  readonly all: boolean
  /** Where a person reads what is no frame. */
  readonly warn: (text: string) => void
}

/**
 * One frame on a line; a reader that is behind finds the newest when it comes to it. While the socket
 * is away a polled frame is written once for each `seq`.
 */
export function createJsonView({ lines, warn, all, now }: JsonViewOptions): View {
  let cursor = ''
  let lostReason: string | null = null
  return {
    onEvent: (event, { connection }) => {
      if (connection.phase === 'live') lostReason = null
      if (event.kind === 'lost' && event.reason !== lostReason && connection.phase === 'lost') {
        lostReason = event.reason
        warn(`${printable(lostText(connection, now()))}\n`)
      }
      if (event.kind !== 'received') return
      const update = event.frame !== null && isUpdate(event.frame) ? event.frame : null
      if (update === null && !all) return
      const next = update === null ? cursor : `${update.epoch}/${update.seq}`
      if (event.via === 'poll' && next === cursor) return
      cursor = next
      // Between the tokens of JSON a line break is only a space; elsewhere it cannot occur.
      lines.write(`${event.text.replaceAll('\n', ' ')}\n`, event.frame?.type ?? '')
    },
    onTick: () => undefined,
    close: lines.close,
  }
}
