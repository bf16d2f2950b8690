/** The namespace of all jobs of the demo. */
export const DEMO_NAMESPACE = 'demo'

/** A job is promised this much later than it usually starts, so that a punctual one is never late. */
const START_SLACK_MS = 5_000

/** Something that befalls a source in each cycle of `everyTicks` ticks, and lasts for some. */
export interface Episode {
  readonly effect: 'fail' | 'slow' | 'late' | 'skip'
  readonly everyTicks: number
  /** The first and the last tick of the cycle, counted from 0, at which it may begin. */
  readonly beginsAtTick: readonly [first: number, last: number]
  /** The least and the most ticks that it lasts. */
  readonly forTicks: readonly [least: number, most: number]
}

/** One source of the demo: a job that runs once in each run of its pipeline. */
export interface DemoSource {
  readonly name: string
  readonly description: string
  readonly processingType: 'BATCH' | 'STREAMING'
  /** How long after its pipeline it starts. */
  readonly startsAfterMs: number
  readonly usualMs: number
  /** How many rows a run usually writes, and how large one is. */
  readonly usualRows: number
  readonly rowBytes: number
  /** What befalls it; none: it is always well. */
  readonly episodes: readonly Episode[]
  /** What its failures say; needed by an episode of failures. */
  readonly errors: readonly string[]
}

/** One pipeline of the demo: a job that ticks, and in each tick runs its sources. */
export interface DemoPipeline {
  readonly name: string
  readonly description: string
  readonly everyMs: number
  /** Shifts its ticks, so that the pipelines do not tick together. */
  readonly offsetMs: number
  readonly sources: readonly DemoSource[]
}

const well = { processingType: 'BATCH', episodes: [], errors: [] } as const

const storefront: DemoPipeline = {
  name: 'storefront',
  description: 'What the shop sold, and what is left of it.',
  everyMs: 40_000,
  offsetMs: 3_000,
  sources: [
    {
      ...well,
      name: 'orders',
      description: 'New and changed orders of the shop.',
      startsAfterMs: 500,
      usualMs: 4_000,
      usualRows: 140,
      rowBytes: 820,
    },
    {
      ...well,
      name: 'payments',
      description: 'Captured charges and refunds of the card processor.',
      startsAfterMs: 2_000,
      usualMs: 6_000,
      usualRows: 95,
      rowBytes: 410,
      episodes: [{ effect: 'fail', everyTicks: 10, beginsAtTick: [0, 8], forTicks: [1, 1] }],
      errors: [
        'HTTP 502 Bad Gateway from https://api.cards.example/v1/charges?page=3',
        'ReadTimeout: api.cards.example did not answer within 10 s',
        'JSONDecodeError: Expecting value: line 1 column 1 (char 0)',
      ],
    },
    {
      ...well,
      name: 'inventory',
      description: 'Stock levels of the three warehouses.',
      startsAfterMs: 9_000,
      usualMs: 9_000,
      usualRows: 2_300,
      rowBytes: 96,
    },
  ],
}

const newsIngest: DemoPipeline = {
  name: 'news-ingest',
  description: 'Articles, posts and pictures about our markets.',
  everyMs: 60_000,
  offsetMs: 11_000,
  sources: [
    {
      ...well,
      name: 'wire-feed',
      description: 'Reports of the news agencies.',
      startsAfterMs: 1_000,
      usualMs: 5_000,
      usualRows: 60,
      rowBytes: 3_900,
    },
    {
      ...well,
      name: 'press-archive',
      description: 'Front pages of 400 newspapers.',
      startsAfterMs: 4_000,
      usualMs: 22_000,
      usualRows: 400,
      rowBytes: 5_200,
    },
    {
      ...well,
      name: 'rss-crawler',
      description: 'Blogs and trade journals.',
      startsAfterMs: 6_000,
      usualMs: 14_000,
      usualRows: 180,
      rowBytes: 2_100,
      // Two in thirty-odd runs stand out; more would become the usual. By then the social posts,
      // whose cycle is as long, have recovered: so at most four sources are in trouble at once.
      episodes: [{ effect: 'slow', everyTicks: 33, beginsAtTick: [27, 28], forTicks: [2, 2] }],
    },
    {
      ...well,
      name: 'social-posts',
      description: 'Public posts that mention our brands.',
      startsAfterMs: 8_000,
      usualMs: 11_000,
      usualRows: 1_250,
      rowBytes: 640,
      // Long enough to drag its success rate down, so that its recovery is seen as well.
      episodes: [{ effect: 'fail', everyTicks: 33, beginsAtTick: [0, 3], forTicks: [4, 6] }],
      errors: [
        'HTTP 429 Too Many Requests: the quota of 450 calls in 15 min is used up',
        'ConnectionError: stream.social.example closed the connection (errno 104)',
      ],
    },
  ],
}

const warehouse: DemoPipeline = {
  name: 'warehouse',
  description: 'The models that the reports are made of.',
  everyMs: 90_000,
  offsetMs: 27_000,
  sources: [
    {
      ...well,
      name: 'stg-orders',
      description: 'Orders, cleaned and typed.',
      startsAfterMs: 1_000,
      usualMs: 8_000,
      usualRows: 320,
      rowBytes: 540,
    },
    {
      ...well,
      name: 'dim-customers',
      description: 'Customers as they were on each day.',
      startsAfterMs: 11_000,
      usualMs: 16_000,
      usualRows: 75,
      rowBytes: 1_100,
    },
    {
      ...well,
      name: 'fct-revenue',
      description: 'Revenue by day, shop and product.',
      startsAfterMs: 22_000,
      usualMs: 26_000,
      usualRows: 1_800,
      rowBytes: 210,
      episodes: [
        { effect: 'skip', everyTicks: 19, beginsAtTick: [0, 17], forTicks: [1, 1] },
        { effect: 'late', everyTicks: 4, beginsAtTick: [0, 2], forTicks: [1, 1] },
      ],
    },
  ],
}

const partnerSync: DemoPipeline = {
  name: 'partner-sync',
  description: 'What other companies know about our customers, invoices and advertising.',
  everyMs: 120_000,
  offsetMs: 58_000,
  sources: [
    {
      ...well,
      name: 'crm-accounts',
      description: 'Accounts and contacts of the sales team.',
      startsAfterMs: 1_500,
      usualMs: 31_000,
      usualRows: 210,
      rowBytes: 1_450,
    },
    {
      ...well,
      name: 'erp-invoices',
      description: 'Invoices of the finance system.',
      startsAfterMs: 5_000,
      usualMs: 18_000,
      usualRows: 130,
      rowBytes: 760,
      // Two failures in each five runs: never above 70 % success, never below half.
      episodes: [{ effect: 'fail', everyTicks: 5, beginsAtTick: [0, 3], forTicks: [2, 2] }],
      errors: [
        'UndefinedColumn: column "due_date" of relation "invoices" does not exist',
        'LockTimeout: could not get a lock on "invoices" within 30 s (month-end closing?)',
      ],
    },
    {
      ...well,
      name: 'ad-spend',
      description: 'Cost and clicks of each campaign.',
      startsAfterMs: 20_000,
      usualMs: 42_000,
      usualRows: 540,
      rowBytes: 330,
    },
  ],
}

const telemetry: DemoPipeline = {
  name: 'telemetry',
  description: 'What visitors and devices do, as it happens.',
  everyMs: 300_000,
  offsetMs: 95_000,
  sources: [
    {
      ...well,
      name: 'clickstream',
      description: 'Page views of the shop; a run lasts from one checkpoint to the next.',
      processingType: 'STREAMING',
      startsAfterMs: 500,
      usualMs: 296_000,
      usualRows: 48_000,
      rowBytes: 180,
    },
    {
      ...well,
      name: 'device-metrics',
      description: 'Readings of 1,200 tills and scanners.',
      startsAfterMs: 3_000,
      usualMs: 75_000,
      usualRows: 14_400,
      rowBytes: 64,
    },
  ],
}

/** Everything that the demo shows: five pipelines with fifteen sources. */
export const DEMO_BOARD: readonly DemoPipeline[] = [
  storefront,
  newsIngest,
  warehouse,
  partnerSync,
  telemetry,
]

/** What the demo promises of one of its jobs: a start in every `intervalMs`, with some grace. */
export interface DemoExpectation {
  readonly namespace: string
  readonly name: string
  readonly intervalMs: number
  /** Less than an interval, so that a skipped tick is seen as missed before the next one. */
  readonly graceMs: number
}

/** The schedules of the demo's jobs, pipelines included; a stream has none. */
export function demoExpectations(): readonly DemoExpectation[] {
  return DEMO_BOARD.flatMap(({ name, everyMs, sources }) => {
    const batches = sources.filter((source) => source.processingType === 'BATCH')
    return [name, ...batches.map((source) => source.name)].map((jobName) => ({
      namespace: DEMO_NAMESPACE,
      name: jobName,
      intervalMs: everyMs + START_SLACK_MS,
      graceMs: everyMs / 2,
    }))
  })
}
