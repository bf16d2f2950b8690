/** A job's place among the others. */
export interface TreeNode {
  readonly id: string
  readonly parentId: string | null
}

/** A parent is looked for at most so far up. */
const MAX_LEVELS = 8

/**
 * Sorts jobs into pipelines (roots) and their sources (direct children of a root). A root without
 * children is its own source. Jobs further down belong to no list of their own. A job whose parent
 * is not known, or whose ancestors run in a circle, is a root.
 *
 * @returns the sources of each root, in the order of `jobs`.
 */
export function groupByRoot<Job extends TreeNode>(
  jobs: readonly Job[],
): ReadonlyMap<Job, readonly Job[]> {
  const byId = new Map(jobs.map((job) => [job.id, job]))
  const parentOf = (job: Job) => (job.parentId === null ? undefined : byId.get(job.parentId))
  const isRoot = (job: Job) => parentOf(job) === undefined || runsInCircle(job, parentOf)
  const roots = new Map<Job, Job[]>(jobs.filter(isRoot).map((root) => [root, []]))
  for (const job of jobs) {
    const parent = parentOf(job)
    if (parent !== undefined && !roots.has(job)) roots.get(parent)?.push(job)
  }
  for (const [root, children] of roots) if (children.length === 0) children.push(root)
  return roots
}

function runsInCircle<Job>(job: Job, parentOf: (job: Job) => Job | undefined): boolean {
  let ancestor = parentOf(job)
  for (let level = 1; ancestor !== undefined && level <= MAX_LEVELS; level += 1) {
    if (ancestor === job) return true
    ancestor = parentOf(ancestor)
  }
  return false
}
