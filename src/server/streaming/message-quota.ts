import {
  MAX_BAD_MESSAGES,
  MAX_MESSAGES_IN_WINDOW,
  MESSAGE_WINDOW_MS,
} from '../../protocol/index.js'

/** What one more message means for a connection. */
export type Verdict = 'fine' | 'too_many_messages' | 'too_many_bad_messages'

/** Counts what one client says, so that no client can keep the server busy with talk. */
export class MessageQuota {
  /** When the newest messages came; as many as the window allows. */
  private arrivals: number[] | undefined
  private bad = 0

  /** @param now - milliseconds of a monotonic clock. */
  count(now: number): Verdict {
    const arrivals = (this.arrivals ??= []) // most clients never say anything
    while (arrivals[0] !== undefined && arrivals[0] <= now - MESSAGE_WINDOW_MS) arrivals.shift()
    arrivals.push(now)
    return arrivals.length > MAX_MESSAGES_IN_WINDOW ? 'too_many_messages' : 'fine'
  }

  /** Counts a message that was none of the protocol's. */
  countBad(): Verdict {
    this.bad += 1
    return this.bad >= MAX_BAD_MESSAGES ? 'too_many_bad_messages' : 'fine'
  }
}
