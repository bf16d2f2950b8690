import type { PipelineStatus } from '../../protocol/index.js'
import { ConnectionPill, UpdatedAgo } from '../connection/connection-pill.js'
import { usePage } from '../page/page-context.js'
import { useTheme } from '../page/use-theme.js'
import { headline } from '../status/headline.js'
import { StatusIcon } from '../status/status-icon.js'
import { STATUS_LOOKS } from '../status/status-look.js'

/** What the header needs to know. */
export interface HeaderProps {
  /** `undefined` before the first data. */
  readonly data: PipelineStatus | undefined
  readonly isKiosk: boolean
  readonly onKiosk: () => void
}

/** How it all is, how the data comes, and what can be done with the page. */
export function Header({ data, isKiosk, onKiosk }: HeaderProps) {
  return (
    <header class="header">
      <div class="overall">{data === undefined ? <h1>Pipecast</h1> : <Overall data={data} />}</div>
      <div class="header-side">
        <ConnectionPill />
        <div class="header-row">
          <UpdatedAgo />
          {!isKiosk && <Controls onKiosk={onKiosk} />}
        </div>
      </div>
    </header>
  )
}

function Overall({ data }: { data: PipelineStatus }) {
  return (
    <>
      <StatusIcon status={data.status} />
      <div>
        <p class="overall-word">
          <a href="#/" class={`tone-${STATUS_LOOKS[data.status].tone}`}>
            {data.status}
          </a>
          {data.demo === true && <span class="tag">demo data</span>}
        </p>
        <h1>{headline(data)}</h1>
      </div>
    </>
  )
}

function Controls({ onKiosk }: { onKiosk: () => void }) {
  const { store } = usePage()
  const [theme, turnTheme] = useTheme()
  return (
    <div class="controls">
      <button type="button" class="button" onClick={store.refresh}>
        Refresh
      </button>
      <button type="button" class="button" onClick={turnTheme} title="Theme: auto, light or dark">
        Theme: {theme}
      </button>
      <button
        type="button"
        class="button kiosk-button"
        onClick={onKiosk}
        title="For a screen on the wall; Escape ends it"
      >
        Kiosk
      </button>
    </div>
  )
}
