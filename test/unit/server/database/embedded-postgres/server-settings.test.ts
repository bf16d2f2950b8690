import { describe, expect, it } from 'vitest'
import { renderServerSettings } from '../../../../../src/server/database/embedded-postgres/server-settings.js'

const settings = { port: 54321, isDurable: true, preload: [], extra: {} }

describe('server settings', () => {
  it('listen on this machine only, without a Unix socket', () => {
    const text = renderServerSettings(settings)

    expect(text).toContain("\nlisten_addresses = '127.0.0.1'\n")
    expect(text).toContain("\nunix_socket_directories = ''\n")
    expect(text).toContain("\nport = '54321'\n")
  })

  it('keep every commit unless the cluster is to be thrown away', () => {
    const throwAway = renderServerSettings({ ...settings, isDurable: false })

    expect(renderServerSettings(settings)).not.toMatch(/fsync|synchronous_commit|full_page_writes/)
    expect(throwAway).toContain("\nfsync = 'off'\n")
    expect(throwAway).toContain("\nsynchronous_commit = 'off'\n")
    expect(throwAway).toContain("\nfull_page_writes = 'off'\n")
  })

  it('load several libraries in one setting', () => {
    const text = renderServerSettings({ ...settings, preload: ['one', 'two'] })

    expect(text).toContain("\nshared_preload_libraries = 'one,two'\n")
  })

  it('let extra settings win over ours, except the port', () => {
    const extra = { shared_preload_libraries: 'mine', port: '1' }

    const text = renderServerSettings({ ...settings, preload: ['ours'], extra })

    expect(text.match(/shared_preload_libraries = '.*'/g)).toEqual([
      "shared_preload_libraries = 'mine'",
    ])
    expect(text.match(/port = '.*'/g)).toEqual(["port = '54321'"])
  })

  it('quote values, so that no value can become a second setting', () => {
    const text = renderServerSettings({ ...settings, extra: { search_path: `it's a \\ path` } })

    expect(text).toContain(`\nsearch_path = 'it''s a \\\\ path'\n`)
  })
})
