import type { Migration } from 'kysely'
import * as jobsAndRuns from './0001-jobs-and-runs.js'
import * as runSummaries from './0002-run-summaries.js'
import * as queuesAndHints from './0003-queues-and-hints.js'
import * as recordRunEvents from './0004-record-run-events.js'
import * as statusChanges from './0005-status-changes.js'
import * as sqlReporting from './0006-sql-reporting.js'
import * as dataQuality from './0007-data-quality.js'
import * as countingRuns from './0008-counting-runs.js'
import * as summarySteps from './0009-summary-steps.js'
import * as leanSteps from './0010-lean-steps.js'
import * as jobOwners from './0011-job-owners.js'
import * as lastingPlans from './0012-lasting-plans.js'
import * as fairVerdicts from './0013-fair-verdicts.js'
import * as soundReports from './0014-sound-reports.js'
import * as unheldVerdicts from './0015-unheld-verdicts.js'

/** Every migration, by the name under which it is remembered; they run in the order of names. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-jobs-and-runs': jobsAndRuns,
  '0002-run-summaries': runSummaries,
  '0003-queues-and-hints': queuesAndHints,
  '0004-record-run-events': recordRunEvents,
  '0005-status-changes': statusChanges,
  '0006-sql-reporting': sqlReporting,
  '0007-data-quality': dataQuality,
  '0008-counting-runs': countingRuns,
  '0009-summary-steps': summarySteps,
  '0010-lean-steps': leanSteps,
  '0011-job-owners': jobOwners,
  '0012-lasting-plans': lastingPlans,
  '0013-fair-verdicts': fairVerdicts,
  '0014-sound-reports': soundReports,
  '0015-unheld-verdicts': unheldVerdicts,
}
