import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { runProgram, type Workplace } from './documented-snippets.js'

interface CronJob {
  readonly spec: { jobTemplate: { spec: { template: { spec: { containers: [Container] } } } } }
}

interface Container {
  readonly command: readonly string[]
  readonly args: readonly string[]
}

interface Workflow {
  readonly jobs: { readonly load: { readonly steps: readonly { readonly run?: string }[] } }
}

/** What the container of a CronJob of Kubernetes runs. */
export function containerCommand(yaml: string): readonly string[] {
  const cronJob = parse(yaml) as CronJob
  const { command, args } = cronJob.spec.jobTemplate.spec.template.spec.containers[0]
  return [...command, ...args]
}

/**
 * Runs those steps of a workflow of GitHub that are commands, each with what those before it wrote
 * to GITHUB_ENV. That a step runs after a failure is taken on trust.
 */
export async function runWorkflowSteps(yaml: string, { folder, env }: Workplace): Promise<void> {
  const file = join(folder, 'github-env')
  writeFileSync(file, '')
  const ids = { GITHUB_ENV: file, GITHUB_RUN_ID: '16512345678', GITHUB_RUN_ATTEMPT: '1' }
  for (const { run } of (parse(yaml) as Workflow).jobs.load.steps) {
    if (run === undefined) continue
    const kept = readAssignments(file)
    await runProgram(['bash', '-e', '-c', run], { folder, env: { ...env, ...ids, ...kept } })
  }
}

function readAssignments(file: string): Readonly<Record<string, string>> {
  const lines = readFileSync(file, 'utf8').matchAll(/^(\w+)=(.*)$/gm)
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]))
}
