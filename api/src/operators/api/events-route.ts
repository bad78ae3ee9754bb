import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Readable } from 'node:stream'
import { problemReplies } from '../../http/documented.ts'
import { Refusal } from '../../http/refusal.ts'
import { connectionEvents } from '../events.ts'
import { everyRoute, operatorRoute, type OperatorApiOptions } from './operator-route.ts'

/** Event streams of one api process at the same time. */
const STREAMS_AT_ONCE = 50

/** `/Events`: follows changes of connections. */
export const eventsRoute: FastifyPluginAsyncTypebox<OperatorApiOptions> = async (app, options) => {
  const listeners = new Set<AbortController>()
  app.addHook('preClose', async () => {
    for (const gone of listeners) gone.abort()
  })

  app.get(
    '/Events',
    {
      schema: {
        ...operatorRoute,
        operationId: 'watchConnections',
        summary: 'Follow changes of connections as server-sent events',
        description:
          'An event `changed` with the name and state of each connection whenever one of them, or a webhook endpoint, changes.',
        response: {
          200: { description: 'The events.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
          ...problemReplies(...everyRoute),
        },
      },
    },
    async (request, reply) => {
      if (listeners.size >= STREAMS_AT_ONCE) {
        throw new Refusal('unavailable', 'Too many event streams are open.', {}, { 'Retry-After': '30' })
      }
      const gone = new AbortController()
      listeners.add(gone)
      reply.raw.once('close', () => {
        gone.abort()
        listeners.delete(gone)
      })
      reply.header('X-Accel-Buffering', 'no').type('text/event-stream')
      return reply.send(
        Readable.from(connectionEvents(app, options, request, gone.signal), { objectMode: false, highWaterMark: 0 }),
      )
    },
  )
}
