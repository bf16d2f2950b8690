import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'

/** What the metrics route needs. */
export interface MetricsRoutesDeps {
  readonly registry: Registry
  /** Refuses a caller who may not read them, by throwing. */
  readonly requireScraper: (request: FastifyRequest) => void
}

/** `GET /metrics`: what this process does, for Prometheus. */
export function metricsRoutes(deps: MetricsRoutesDeps): FastifyPluginAsync {
  return async (app) => {
    app.get(
      '/metrics',
      {
        schema: {
          tags: ['health'],
          summary: 'Metrics in the text format of Prometheus',
          description:
            'Answers from memory. With METRICS_TOKEN a Bearer token is needed; without, a direct connection from this machine or a private network.',
        },
        onRequest: async (request) => deps.requireScraper(request),
      },
      async (_request, reply) =>
        reply
          .header('Cache-Control', 'no-store')
          .type(deps.registry.contentType)
          .send(await deps.registry.metrics()),
    )
  }
}
