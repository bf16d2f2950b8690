import type { HealthStatus } from '../../protocol/index.js'
import { STATUS_LOOKS } from './status-look.js'

/** Each status has a shape of its own, so that it is told apart without colour. */
function shapeOf(status: HealthStatus) {
  switch (status) {
    case 'Failing':
      return (
        <>
          <path class="solid" d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z" />
          <path class="on-solid" d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2" />
        </>
      )
    case 'Degraded':
      return (
        <>
          <path class="solid" d="M8 1 15.6 14.6H.4z" />
          <path class="on-solid" d="M8 5.8v4.2m0 2.1v.2" />
        </>
      )
    case 'Late':
      return (
        <path class="line" d="M8 1.2a6.8 6.8 0 1 1 0 13.6A6.8 6.8 0 0 1 8 1.2zM8 4v4.2l2.8 1.7" />
      )
    case 'Unknown':
      return (
        <>
          <path class="line dashed" d="M8 1.2a6.8 6.8 0 1 1 0 13.6A6.8 6.8 0 0 1 8 1.2z" />
          <path class="line" d="M6 6.2c.2-2.6 4.2-2.3 4 .1C9.9 8 8 7.9 8 9.4m0 2.2v.1" />
        </>
      )
    case 'Healthy':
      return (
        <>
          <circle class="solid" cx="8" cy="8" r="7.2" />
          <path class="on-solid" d="m4.7 8.3 2.3 2.3 4.4-4.9" />
        </>
      )
    case 'Paused':
      return (
        <>
          <rect class="line" x="1.2" y="1.2" width="13.6" height="13.6" rx="3" />
          <path class="line" d="M6 5.4v5.2m4-5.2v5.2" />
        </>
      )
  }
}

/** The shape of a status; the word beside it says the same, so readers skip it. */
export function StatusIcon({ status }: { status: HealthStatus }) {
  return (
    <svg
      class={`status-icon tone-${STATUS_LOOKS[status].tone}`}
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      {shapeOf(status)}
    </svg>
  )
}

/** Shape and word of a status. */
export function StatusWord({ status }: { status: HealthStatus }) {
  return (
    <span class={`status-word status-${status.toLowerCase()} tone-${STATUS_LOOKS[status].tone}`}>
      <StatusIcon status={status} />
      <span>{status}</span>
    </span>
  )
}
