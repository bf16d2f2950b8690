import { PATCH_SUBPROTOCOL, SUBPROTOCOL } from '../../protocol/index.js'

const BEST_FIRST = [PATCH_SUBPROTOCOL, SUBPROTOCOL]

/**
 * Which of the offered subprotocols is spoken.
 *
 * @returns false when none of them is ours; the socket is served all the same.
 */
export function chooseSubprotocol(offered: ReadonlySet<string>): string | false {
  return BEST_FIRST.find((known) => offered.has(known)) ?? false
}
