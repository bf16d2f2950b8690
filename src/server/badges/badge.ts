import type { HealthStatus } from '../../protocol/index.js'

/** What is drawn: two words and a colour. */
export interface Badge {
  readonly label: string
  readonly message: string
  /** The colour below the message, as #rrggbb; white text on it can be read (WCAG 2.2, AA). */
  readonly color: string
  /** The same below the label. */
  readonly labelColor: string
  /** It says why there is no status, and is none itself. */
  readonly isError: boolean
}

/** Why there is no status to show. */
export type BadgeTrouble = 'no-data' | 'not-found' | 'sign-in'

/** The longest label, in characters; longer names are cut. */
export const MAX_LABEL_LENGTH = 64

const GREY = '#6a6a6a'

/** Dark enough to be told from the grey beside it. */
const LABEL_COLOR = '#333333'

const COLORS: Readonly<Record<HealthStatus, string>> = {
  Healthy: '#2a7a2f',
  Late: '#806000',
  Degraded: '#a84d00',
  Failing: '#c0262d',
  Unknown: GREY,
  Paused: '#2f5f95',
}

const TROUBLES: Readonly<Record<BadgeTrouble, string>> = {
  'no-data': 'unknown',
  'not-found': 'not found',
  'sign-in': 'sign-in required',
}

/** The badge of a status. What is stale is grey: green would say more than is known. */
export function statusBadge(
  label: string,
  { status, isStale }: { readonly status: HealthStatus; readonly isStale: boolean },
): Badge {
  const word = status.toLowerCase()
  return {
    label: drawable(label),
    message: isStale ? `${word} (stale)` : word,
    color: isStale ? GREY : COLORS[status],
    labelColor: LABEL_COLOR,
    isError: false,
  }
}

/** The badge of something whose status cannot be shown. */
export function troubleBadge(label: string, trouble: BadgeTrouble): Badge {
  return {
    label: drawable(label),
    message: TROUBLES[trouble],
    color: GREY,
    labelColor: LABEL_COLOR,
    isError: true,
  }
}

/** Names are free text: XML has no place for some characters, nor a badge for all of them. */
function drawable(text: string): string {
  const characters = Array.from(text.replace(/\p{C}/gu, ''))
  if (characters.length <= MAX_LABEL_LENGTH) return characters.join('')
  return `${characters.slice(0, MAX_LABEL_LENGTH - 1).join('')}…`
}
