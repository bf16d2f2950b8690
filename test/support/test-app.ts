import { type App, createApp } from '../../src/server/app.js'
import { loadConfig } from '../../src/server/config/load-config.js'
import { createLog } from '../../src/server/observability/create-log.js'

/** The real application on a real port, in this process. */
export interface TestApp {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string
  readonly started: Promise<void>
  close(): Promise<void>
}

/**
 * Starts the application without a log and without a page; it resolves as soon as it listens.
 *
 * @param settings - environment variables, as a deployment would set them.
 */
export async function startTestApp(
  databaseUrl: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<TestApp> {
  const app: App = await createApp({
    config: loadConfig({ HOST: '127.0.0.1', PORT: '0', DRAIN_MS: '0', ...settings }),
    databaseUrl,
    version: '0.0.0-test',
    isDemo: false,
    builtPagesDir: '/nowhere',
    log: createLog('silent'),
  })
  const { url, started } = await app.listen()
  return { url, started, close: () => app.close() }
}

/** Starts it and waits until it is migrated and has read the database. */
export async function startReadyApp(
  databaseUrl: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<TestApp> {
  const app = await startTestApp(databaseUrl, settings)
  await app.started
  return app
}
