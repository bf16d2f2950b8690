import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { makeOlderSchema } from '../support/older-schema.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

interface RailwayFile {
  readonly $schema: string
  readonly build: { readonly builder: string; readonly dockerfilePath: string }
  readonly deploy: {
    readonly preDeployCommand: readonly string[]
    readonly startCommand: string
    readonly healthcheckPath: string
    readonly healthcheckTimeout: number
    readonly drainingSeconds: number
    readonly restartPolicyType: string
    readonly restartPolicyMaxRetries: number
  }
}

interface RenderFile {
  readonly services: readonly {
    readonly type: string
    readonly healthCheckPath: string
    readonly preDeployCommand: string
    readonly envVars: readonly {
      readonly key: string
      readonly value?: string
      readonly sync?: boolean
      readonly fromDatabase?: { readonly name: string }
    }[]
  }[]
  readonly databases: readonly { readonly name: string }[]
}

interface ComposeFile {
  readonly services: {
    readonly pipecast: {
      readonly depends_on: { readonly postgres: { readonly condition: string } }
      readonly environment: Readonly<Record<string, string>>
    }
  }
}

const root = new URL('../../', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, root), 'utf8')
const railway = JSON.parse(read('railway.json')) as RailwayFile
const render = parse(read('render.yaml')) as RenderFile
const compose = parse(read('compose.yaml')) as ComposeFile

/** Runs a command as it is written in a deploy file, and ends it once it has said a word. */
async function runAsWritten(command: string, env: Record<string, string>, until?: RegExp) {
  const [program = '', ...args] = command.split(' ')
  const child = spawn(program, args, {
    cwd: root,
    env: { PATH: process.env['PATH'], ...env },
  })
  let output = ''
  const listen = (chunk: Buffer) => {
    output += chunk.toString()
    if (until?.test(output) === true && !child.killed) child.kill('SIGTERM')
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

describe('the deploy files', () => {
  let database: TestDatabase
  let env: Record<string, string>

  beforeAll(async () => {
    database = await createTestDatabase()
    env = { NODE_ENV: 'production', PORT: '0', DATABASE_URL: database.connectionString }
  })
  afterAll(() => database.drop())

  async function query(statement: string): Promise<void> {
    const client = new pg.Client({ connectionString: database.connectionString })
    await client.connect()
    try {
      await client.query(statement)
    } finally {
      await client.end()
    }
  }

  it('railway.json keeps to the rules of its schema', () => {
    const { $schema, build, deploy } = railway

    expect($schema).toBe('https://railway.com/railway.schema.json')
    expect(['RAILPACK', 'DOCKERFILE']).toContain(build.builder)
    expect(existsSync(new URL(build.dockerfilePath, root))).toBe(true)
    expect(deploy.drainingSeconds).toBeTypeOf('number')
    expect(deploy.healthcheckTimeout).toBeTypeOf('number')
    expect(deploy.healthcheckPath).toMatch(/^\//)
    expect(['ON_FAILURE', 'ALWAYS', 'NEVER']).toContain(deploy.restartPolicyType)
    expect(deploy.restartPolicyMaxRetries).toBeTypeOf('number')
    expect(deploy.preDeployCommand).toEqual([expect.any(String)])
  })

  it('the migrate command runs as railway.json and render.yaml write it, twice', async () => {
    const onRailway = railway.deploy.preDeployCommand.join(' ')
    const onRender = render.services[0]?.preDeployCommand ?? ''

    const first = await runAsWritten(onRailway, env)
    const second = await runAsWritten(onRender, env)

    expect(first).toMatchObject({ code: 0 })
    expect(second).toEqual({ code: 0, output: 'nothing to migrate\n' })
  })

  it('the migrate command leaves alone what a newer version has migrated, and says so', async () => {
    await query(`INSERT INTO pipecast.migration VALUES ('9999-newer', now()::text)`)
    onTestFinished(() => query(`DELETE FROM pipecast.migration WHERE name = '9999-newer'`))

    const { code, output } = await runAsWritten(railway.deploy.preDeployCommand.join(' '), env)

    expect(output).toBe('nothing to migrate: a newer version has applied 9999-newer\n')
    expect(code).toBe(0)
  })

  it('the migrate command tries again while a table is locked, and says why', async () => {
    const older = await createTestDatabase()
    const dump = new pg.Client({ connectionString: older.connectionString })
    onTestFinished(() => older.drop())
    const pending = await makeOlderSchema(older.connectionString, '0011-job-owners')
    await dump.connect()
    onTestFinished(() => dump.end())
    await dump.query('BEGIN')
    await dump.query('LOCK TABLE pipecast.job IN ACCESS SHARE MODE')

    const migrating = runAsWritten(railway.deploy.preDeployCommand.join(' '), {
      ...env,
      DATABASE_URL: older.connectionString,
    })
    await delay(5_000) // longer than it waits for a table
    await dump.query('COMMIT')

    const { code, output } = await migrating
    expect(output.split('\n')).toEqual([
      expect.stringMatching(
        /^another session holds a lock; trying until it lets go: .*lock timeout$/,
      ),
      `migrated: ${pending.join(', ')}`,
      '',
    ])
    expect(code).toBe(0)
  })

  it('the start command of railway.json and of the Dockerfile serves and ends with 0', async () => {
    const command = railway.deploy.startCommand
    const inDockerfile = JSON.parse(
      /^CMD (\[.*\])$/m.exec(read('Dockerfile'))?.[1] ?? '[]',
    ) as string[]

    const { code, output } = await runAsWritten(command, env, /"msg":"database pushes changes"/)

    expect(inDockerfile.join(' ')).toBe(command)
    expect(command.startsWith('node ')).toBe(true)
    expect(output).toContain('"msg":"closed"')
    expect(code).toBe(0)
  })

  it('the health check of the Dockerfile tells a server that answers from one that does not', async () => {
    const check = JSON.parse(
      /^ {2}CMD (\[.*\])$/m.exec(read('Dockerfile'))?.[1] ?? '[]',
    ) as string[]
    const [program = '', ...args] = check

    const child = spawn(program, args, { env: { PATH: process.env['PATH'], PORT: '1' } })
    const [code] = (await once(child, 'exit')) as [number]

    expect(code).toBe(1)
  })

  it('render.yaml names a web service, its health check, and a database that exists', () => {
    const [service] = render.services
    const valueOf = (key: string) => service?.envVars.find((entry) => entry.key === key)

    expect(service).toMatchObject({ type: 'web', healthCheckPath: '/health' })
    expect(render.databases.map(({ name }) => name)).toContain(
      valueOf('DATABASE_URL')?.fromDatabase?.name,
    )
    expect(valueOf('TRUST_PROXY')?.value).toBe('render')
    // Made up by Render it would be base64, of which every second one holds a slash.
    expect(valueOf('INGEST_TOKENS')).toEqual({ key: 'INGEST_TOKENS', sync: false })
  })

  it('the Dockerfile does not run as root, and copies what the build needs', () => {
    const dockerfile = read('Dockerfile')
    const ignored = read('.dockerignore')

    expect(dockerfile).toMatch(/^USER node$/m)
    for (const name of ['package.json', 'package-lock.json', 'tsconfig.base.json']) {
      expect(ignored).toContain(`!${name}`)
    }
  })

  it('compose.yaml waits for its Postgres and asks for its secrets', () => {
    const { depends_on: needs, environment } = compose.services.pipecast

    expect(needs.postgres.condition).toBe('service_healthy')
    expect(environment['INGEST_TOKENS']).toMatch(/:\?/)
    expect(environment['PGPASSWORD']).toMatch(/:\?/)
  })

  it('the server of compose.yaml reaches its Postgres, whatever the password is', async () => {
    const password = 'a/b%c#d@e:f?g h'
    const filled = Object.entries(compose.services.pipecast.environment).map(([name, value]) => [
      name,
      value.replace(/\$\{POSTGRES_PASSWORD\b.*?\}/, password),
    ])
    const asWritten = Object.fromEntries(filled) as { readonly DATABASE_URL: string }
    const { host, pathname } = new URL(database.connectionString)
    // The cluster of the tests has a role of that name already, with a password of its own.
    const here = asWritten.DATABASE_URL.replace('//pipecast', '//composed').replace(
      'postgres:5432/pipecast',
      host + pathname,
    )
    await query(`CREATE ROLE composed SUPERUSER LOGIN PASSWORD '${password}'`)
    onTestFinished(() => query('DROP ROLE composed'))

    const migrated = await runAsWritten(railway.deploy.preDeployCommand.join(' '), {
      ...env,
      ...asWritten,
      INGEST_TOKENS: '',
      DATABASE_URL: here,
    })

    expect(migrated).toEqual({ code: 0, output: 'nothing to migrate\n' })
  })

  it('what the README builds with in production brings the tools to build', async () => {
    const flags = /\*\*Anywhere else\*\*: `npm ci ?(.*?) && npm run build`/.exec(
      read('README.md'),
    )?.[1]
    const listed = `npm ls --depth=0 --parseable typescript vite ${flags}`

    const { code, output } = await runAsWritten(listed.trim(), { NODE_ENV: 'production' })

    expect({ code, count: output.trim().split('\n').length }).toEqual({ code: 0, count: 2 })
  })

  it('the package is built before it is packed: a checkout has no dist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }

    expect(scripts['prepack']).toBe('npm run -s build')
  })
})
