import type { PipelineStatus } from '../../protocol/index.js'
import { AlertsPanel } from '../panels/alerts-panel.js'
import { QualityPanel } from '../panels/quality-panel.js'
import { QueuesPanel } from '../panels/queues-panel.js'
import { SystemPanel } from '../panels/system-panel.js'
import { SourceList } from '../sources/source-list.js'
import { Cards } from './cards.js'

/** The whole board. */
export function Board({ data, isKiosk }: { data: PipelineStatus; isKiosk: boolean }) {
  return (
    <main class="board">
      <Cards data={data} />
      <aside class="panels" aria-label="Details">
        <AlertsPanel alerts={data.alerts} />
        <QualityPanel sources={data.sources} />
        <QueuesPanel queue={data.queue} />
      </aside>
      <SourceList data={data} isKiosk={isKiosk} />
      {!isKiosk && <SystemPanel />}
    </main>
  )
}
