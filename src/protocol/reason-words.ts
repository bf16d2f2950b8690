const REASONS: Readonly<Record<string, string>> = {
  failed: 'the last run failed',
  timed_out: 'the last run took too long',
  missed: 'a run never came',
  success_rate: 'too few runs succeed',
  recovering: 'recovering from failures',
  bad_schedule: 'its schedule cannot be read',
  not_fresh: 'the last success is too old',
  slow: 'slower than usual',
  data_quality: 'a check of its data fails',
  late: 'a run is due',
  no_runs: 'no run has ended yet',
  paused: 'paused',
  source_failing: 'a source is failing',
  source_degraded: 'a source is degraded',
  source_late: 'a source is late',
}

/** A reason of a status in words for people; one that is not known yet is shown as it came. */
export function reasonWords(reason: string): string {
  return REASONS[reason] ?? reason.replaceAll('_', ' ')
}
