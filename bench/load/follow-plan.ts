/** What the follower is asked to do, over the IPC channel. */
export interface FollowPlan {
  readonly port: number
  readonly sockets: number
}

/** All sockets have an update; instants are those of the shared clock. */
export interface FollowedUpdate {
  readonly seq: number
  /** What it says of the queues together; `null` when the socket that reads it skipped it. */
  readonly queued: number | null
  readonly firstAt: number
  readonly lastAt: number
}

/** What the follower says. */
export type FollowReport = { readonly isOpen: true } | { readonly failure: string } | FollowedUpdate
