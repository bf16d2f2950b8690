/** A job's place among the others. */
export interface TreeNode {
  readonly id: string
  readonly parentId: string | null
}

/**
 * Sorts jobs into pipelines (roots) and their sources (direct children of a root). A root without
 * children is its own source. Jobs further down belong to no list of their own. A job whose parent
 * is not known, or that is its own ancestor, is a root.
 *
 * @returns the sources of each root, in the order of `jobs`.
 */
export function groupByRoot<Job extends TreeNode>(
  jobs: readonly Job[],
): ReadonlyMap<Job, readonly Job[]> {
  const byId = new Map(jobs.map((job) => [job.id, job]))
  const parentOf = (job: Job) => (job.parentId === null ? undefined : byId.get(job.parentId))
  const circles = circlesOf(jobs, parentOf)
  const isRoot = (job: Job) => parentOf(job) === undefined || circles.has(job)
  const roots = new Map<Job, Job[]>(jobs.filter(isRoot).map((root) => [root, []]))
  for (const job of jobs) {
    const parent = parentOf(job)
    if (parent !== undefined && !roots.has(job)) roots.get(parent)?.push(job)
  }
  for (const [root, children] of roots) if (children.length === 0) children.push(root)
  return roots
}

/** Every job that is its own ancestor; each job is walked over once. */
function circlesOf<Job>(
  jobs: readonly Job[],
  parentOf: (job: Job) => Job | undefined,
): ReadonlySet<Job> {
  const circles = new Set<Job>()
  const visited = new Set<Job>()
  for (const start of jobs) {
    const path: Job[] = []
    let job: Job | undefined = start
    while (job !== undefined && !visited.has(job)) {
      visited.add(job)
      path.push(job)
      job = parentOf(job)
    }
    const met = job === undefined ? -1 : path.indexOf(job)
    if (met !== -1) for (const member of path.slice(met)) circles.add(member)
  }
  return circles
}
