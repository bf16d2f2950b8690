import type { PipelineStatus } from '../../protocol/index.js'
import { AlertsPanel } from '../panels/alerts-panel.js'
import { QualityPanel } from '../panels/quality-panel.js'
import { QueuesPanel } from '../panels/queues-panel.js'
import { SystemPanel } from '../panels/system-panel.js'
import { useWallPaging } from '../page/use-wall-paging.js'
import { SourceList } from '../sources/source-list.js'
import { Cards } from './cards.js'

/** What the board shows. */
export interface BoardProps {
  readonly data: PipelineStatus
  readonly isKiosk: boolean
  /** Whose own view was looked at last: its row has the focus again. */
  readonly visited: string | null
}

/** The whole board. */
export function Board({ data, isKiosk, visited }: BoardProps) {
  useWallPaging(isKiosk)
  return (
    <main class="board">
      <Cards data={data} />
      <aside class="panels" aria-label="Details">
        <AlertsPanel alerts={data.alerts} />
        <QualityPanel sources={data.sources} />
        <QueuesPanel queue={data.queue} />
      </aside>
      <SourceList data={data} isKiosk={isKiosk} visited={visited} />
      {!isKiosk && <SystemPanel />}
    </main>
  )
}
