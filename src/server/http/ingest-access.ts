/** What is known of somebody who wants to report. */
export interface ReporterFacts {
  /** `null` when no tokens are set; else whether a valid one was sent. */
  readonly hasValidToken: boolean | null
  readonly isProduction: boolean
  /** The peer is this machine, and speaks for nobody else. */
  readonly isLocal: boolean
  /** A page of another origin is asking; programs that are no browsers send no origin. */
  readonly isForeignPage: boolean
}

/** Why somebody may not report. */
export interface IngestRefusal {
  readonly status: 401 | 403
  readonly code: 'unauthorized' | 'ingest_closed' | 'origin_not_allowed'
  readonly message: string
}

/**
 * Decides whether somebody may report runs.
 *
 * @returns `null` when they may.
 */
export function decideIngest(facts: ReporterFacts): IngestRefusal | null {
  if (facts.hasValidToken === true) return null
  if (facts.hasValidToken === false) {
    return {
      status: 401,
      code: 'unauthorized',
      message: 'send Authorization: Bearer with one of the tokens in INGEST_TOKENS',
    }
  }
  if (facts.isForeignPage) {
    return {
      status: 403,
      code: 'origin_not_allowed',
      message: 'pages of this origin may not report; ALLOWED_ORIGINS names those that may',
    }
  }
  if (facts.isProduction || !facts.isLocal) {
    return {
      status: 403,
      code: 'ingest_closed',
      message: 'reporting is closed: set INGEST_TOKENS, and send one as Authorization: Bearer',
    }
  }
  return null
}
