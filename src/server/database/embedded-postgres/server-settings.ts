/** What every embedded server is told, whoever asks for more. */
export interface ServerSettings {
  /** The TCP port on 127.0.0.1. */
  readonly port: number
  /** false gives up safety for speed, for clusters that nobody will miss. */
  readonly isDurable: boolean
  /** Libraries to load at the start; none when empty. */
  readonly preload: readonly string[]
  /** More settings by name; they win. */
  readonly extra: Readonly<Record<string, string>>
}

const NOT_DURABLE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/** The text of the settings file, in Postgres's own syntax. */
export function renderServerSettings(settings: ServerSettings): string {
  const all: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_preload_libraries: settings.preload.join(','),
    ...(settings.isDurable ? {} : NOT_DURABLE),
    ...settings.extra,
    port: String(settings.port),
  }
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${quote(value)}`)
  return `# Written by Pipecast at each start; edits are lost.\n${lines.join('\n')}\n`
}

function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}
