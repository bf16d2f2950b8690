import { useMemo } from 'preact/hooks'
import type { PipelineStatus, Quality } from '../../protocol/index.js'
import { sourceHref } from '../page/route.js'
import { countOf } from '../words/count-words.js'
import { Panel } from './panel.js'

const SHOWN_AT_MOST = 6

/** Which checks of data fail, and how many there are. Absent when nothing is checked. */
export function QualityPanel({ sources }: { sources: PipelineStatus['sources'] }) {
  const checked = useMemo(() => checkedSources(sources), [sources])
  if (checked.length === 0) return null
  const failing = checked.filter(({ quality }) => quality.failed > 0)
  const checks = checked.reduce((sum, { quality }) => sum + quality.checks, 0)
  const failed = failing.reduce((sum, { quality }) => sum + quality.failed, 0)
  return (
    <Panel title="Data quality">
      <p>
        {failed === 0
          ? `All ${countOf(checks, 'check')} hold`
          : `${failed} of ${countOf(checks, 'check')} fail`}
      </p>
      <ul class="facts">
        {failing.slice(0, SHOWN_AT_MOST).map(({ key, quality }) => (
          <li key={key}>
            <a href={sourceHref(key)}>{key}</a>
            <span class="tone-warn">{failingWords(quality)}</span>
          </li>
        ))}
      </ul>
      {failing.length > SHOWN_AT_MOST && (
        <p class="quiet">and {countOf(failing.length - SHOWN_AT_MOST, 'source')} more</p>
      )}
    </Panel>
  )
}

function checkedSources(sources: PipelineStatus['sources']) {
  return Object.entries(sources).flatMap(([key, { quality }]) =>
    quality === undefined ? [] : [{ key, quality }],
  )
}

function failingWords({ failed, failing = [] }: Quality): string {
  const unnamed = failed - failing.length
  return [...failing, ...(unnamed > 0 ? [`${unnamed} more`] : [])].join(', ')
}
