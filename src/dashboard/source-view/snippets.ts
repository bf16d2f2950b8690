import { joinSources, type SourceStatus } from '../../protocol/index.js'

/** Something to copy, and what it does. */
export interface Snippet {
  readonly title: string
  readonly text: string
}

/** Pings and wrapped commands use it unless told otherwise. */
const DEFAULT_NAMESPACE = 'default'
const PING_NAME = /^[a-z0-9_-]+$/

/**
 * How to report a run of this job, as can be pasted into a shell.
 *
 * @param baseUrl - where the server is, with a slash at the end.
 */
export function reportingSnippets(
  { namespace, name }: Pick<SourceStatus, 'namespace' | 'name'>,
  baseUrl: string,
): readonly Snippet[] {
  const isDefault = namespace === DEFAULT_NAMESPACE
  const where = isDefault ? '' : ` --namespace ${shellWord(namespace)}`
  const wrapped: Snippet = {
    title: 'Wrap a command',
    text: `PIPECAST_URL=${shellWord(withoutSlash(baseUrl))} pipecast run${where} ${shellWord(name)} -- ./your-command.sh`,
  }
  const event = {
    eventType: 'COMPLETE',
    eventTime: '$(date -u +%FT%TZ)',
    job: { namespace, name },
    run: { runId: '$(uuidgen)' },
  }
  const lineage: Snippet = {
    title: 'Send an OpenLineage event',
    text: [
      `curl ${shellWord(`${baseUrl}api/v1/lineage`)} -H 'Content-Type: application/json' --data-binary @- <<END`,
      hereDocument(JSON.stringify(event)),
      'END',
    ].join('\n'),
  }
  const canPing = isDefault && PING_NAME.test(name)
  return canPing ? [pingSnippet(name, baseUrl), wrapped] : [wrapped, lineage]
}

/** The one command that reports a first run. */
export function firstRunSnippet(baseUrl: string): string {
  return pingSnippet('my-first-job', baseUrl).text
}

/** How to show this source elsewhere. */
export function sharingSnippets(key: string, baseUrl: string): readonly Snippet[] {
  const badge = `${baseUrl}badge/pipeline-status/${encodeURIComponent(key)}.svg`
  return [
    { title: 'Badge', text: `![${markdownText(key)}](${badge})` },
    {
      title: 'Embed',
      text: [
        // No module: those are fetched under CORS, and a page that the server does not know yet
        // would show nothing, in place of the element that tells what to set.
        `<script src="${attribute(`${baseUrl}embed.js`)}" async></script>`,
        `<pipeline-status src="${attribute(baseUrl)}" sources="${attribute(joinSources([key]))}"></pipeline-status>`,
      ].join('\n'),
    },
  ]
}

function pingSnippet(name: string, baseUrl: string): Snippet {
  return {
    title: 'Open a URL at the end of a run',
    text: `curl -fsS -m 10 ${shellWord(`${baseUrl}ping/any-token/${name}?create=1`)}`,
  }
}

/** A word as a shell reads it: quoted unless that changes nothing. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** In a here-document only what the snippet itself computes may be expanded. */
function hereDocument(json: string): string {
  return json
    .replace(/[\\`$]/g, '\\$&')
    .replace('\\$(date -u +%FT%TZ)', '$(date -u +%FT%TZ)')
    .replace('\\$(uuidgen)', '$(uuidgen)')
}

function markdownText(text: string): string {
  return text.replace(/[\\[\]]/g, '\\$&')
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}
