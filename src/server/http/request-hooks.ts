import type { FastifyInstance } from 'fastify'

/** Where a hook may look at a request, or refuse it, before its handler; `onRoute` may add such. */
const STAGES: readonly string[] = [
  'onRoute',
  'onRequest',
  'preParsing',
  'preValidation',
  'preHandler',
]

/** The overloads of `addHook` say which hook fits which stage; that is for its caller. */
interface Hookable {
  addHook: (this: FastifyInstance, stage: string, hook: unknown) => FastifyInstance
}

/**
 * Tells of each hook that is added from now on to all requests of an application. Those of a plugin
 * with a scope of its own see its own routes alone, and are not told of.
 */
export function noticeRequestHooks(app: FastifyInstance, onAdded: (stage: string) => void): void {
  const hookable = app as unknown as Hookable
  const { addHook } = hookable
  // Fastify tells nobody which hooks there are. Scopes inherit the method, hence the look at `this`.
  hookable.addHook = function (stage, hook) {
    if (this === app && STAGES.includes(stage)) onAdded(stage)
    return addHook.call(this, stage, hook)
  }
}
