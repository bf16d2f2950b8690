/** The largest message a client may send, in bytes. A larger one closes with 1009. */
export const MAX_CLIENT_MESSAGE_BYTES = 4096

/** So many messages in {@link MESSAGE_WINDOW_MS} are allowed; one more closes with 1008. */
export const MAX_MESSAGES_IN_WINDOW = 20

/** The length of the window in which messages are counted, in milliseconds. */
export const MESSAGE_WINDOW_MS = 10_000

/** So many bad messages end a connection with 1008. */
export const MAX_BAD_MESSAGES = 5

/** So many refused clients at a time are told why over an accepted socket. */
export const INFORMATIVE_LANE_SIZE = 8

/** A socket of the informative lane is gone after this long, in milliseconds. */
export const INFORMATIVE_LANE_MS = 2_000

/** How long a connection may stay without a valid token after `auth_required`, in milliseconds. */
export const AUTH_GRACE_MS = 25_000
