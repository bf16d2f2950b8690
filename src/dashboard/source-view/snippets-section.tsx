import type { PipelineEntry, SourceStatus } from '../../protocol/index.js'
import { CopyBlock } from './copy-block.js'
import { reportingSnippets, sharingSnippets, type Snippet } from './snippets.js'

/** What the section is about. */
export interface SnippetsProps {
  readonly id: string
  readonly entry: Pick<SourceStatus | PipelineEntry, 'namespace' | 'name'>
  readonly baseUrl: string
}

/** How to report a run of it, and how to show it elsewhere; closed until somebody asks. */
export function Snippets({ id, entry, baseUrl }: SnippetsProps) {
  return (
    <>
      <SnippetGroup title="Report a run" snippets={reportingSnippets(entry, baseUrl)}>
        Where the server has INGEST_TOKENS, one of them goes in place of <code>any-token</code>,
        into PIPECAST_TOKEN, or into a Bearer header.
      </SnippetGroup>
      <SnippetGroup title="Show it elsewhere" snippets={sharingSnippets(id, baseUrl)} />
    </>
  )
}

interface SnippetGroupProps {
  readonly title: string
  readonly snippets: readonly Snippet[]
  readonly children?: preact.ComponentChildren
}

function SnippetGroup({ title, snippets, children }: SnippetGroupProps) {
  return (
    <details class="panel">
      <summary>
        <h3>{title}</h3>
      </summary>
      {snippets.map((snippet) => (
        <div key={snippet.title}>
          <h4>{snippet.title}</h4>
          <CopyBlock text={snippet.text} label={snippet.title} />
        </div>
      ))}
      {children !== undefined && <p class="quiet">{children}</p>}
    </details>
  )
}
