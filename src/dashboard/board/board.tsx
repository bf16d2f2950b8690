import { AlertsPanel } from '../panels/alerts-panel.js'
import { QualityPanel } from '../panels/quality-panel.js'
import { QueuesPanel } from '../panels/queues-panel.js'
import { SystemPanel } from '../panels/system-panel.js'
import { useWallPaging } from '../page/use-wall-paging.js'
import { SourceList, type SourceListProps } from '../sources/source-list.js'
import { Cards } from './cards.js'

/** The whole board; what it shows is what its list does. */
export function Board(props: SourceListProps) {
  const { data, isKiosk } = props
  useWallPaging(isKiosk)
  return (
    <main class="board">
      <Cards data={data} />
      <aside class="panels" aria-label="Details">
        <AlertsPanel alerts={data.alerts} />
        <QualityPanel sources={data.sources} />
        <QueuesPanel queue={data.queue} />
      </aside>
      <SourceList {...props} />
      {!isKiosk && <SystemPanel />}
    </main>
  )
}
