import type { QueueTotals } from '../../protocol/index.js'
import { countWords } from '../words/count-words.js'
import { Panel } from './panel.js'

const SHOWN_AT_MOST = 12

/** Each work queue, the longest first. Absent when nobody reports one. */
export function QueuesPanel({ queue }: { queue: QueueTotals }) {
  const queues = Object.entries(queue.queues).sort(([, a], [, b]) => b.depth - a.depth)
  if (queues.length === 0) return null
  return (
    <Panel title="Queues">
      <table class="queues">
        <thead>
          <tr>
            <th scope="col">name</th>
            <th scope="col">waiting</th>
            <th scope="col">running</th>
          </tr>
        </thead>
        <tbody>
          {queues.slice(0, SHOWN_AT_MOST).map(([name, { depth, running }]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{countWords(depth)}</td>
              <td>{countWords(running)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {queues.length > SHOWN_AT_MOST && (
        <p class="quiet">and {queues.length - SHOWN_AT_MOST} more</p>
      )}
    </Panel>
  )
}
