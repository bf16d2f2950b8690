import { CopyBlock } from '../source-view/copy-block.js'
import { firstRunSnippet } from '../source-view/snippets.js'

/** The board before the first report: what to do now, in one command. */
export function EmptyBoard({ baseUrl }: { baseUrl: string }) {
  return (
    <main class="notice">
      <h2>Report your first run</h2>
      <p>Nothing has been reported yet. This is a report already, and shows here at once:</p>
      <CopyBlock text={firstRunSnippet(baseUrl)} label="the first report" />
      <p class="quiet">
        Where the server has INGEST_TOKENS, one of them goes in place of <code>any-token</code>.
        Cron, Airflow, dbt, Spark, SQL and others: docs/reporting.md, or{' '}
        <a href={`${baseUrl}docs`}>the API</a>.
      </p>
    </main>
  )
}
