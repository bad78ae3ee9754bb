import { refTo } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { WebhookEvents } from '@encounter-gateway/shared/contract/webhook-delivery.ts'
import { isFeedId, type StoredMessage } from '@encounter-gateway/shared/webhooks/feed.ts'
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { documented, everyRoute, preferField, problemReplies } from '../http/documented.ts'
import { Refusal } from '../http/refusal.ts'
import { wantedWait } from '../jobs/wait-as-preferred.ts'

/** How often a waiting request looks; each look is one command. */
const LOOK_EVERY_MS = 500
/** Requests of this process that wait for events; one more is answered at once. */
const WAITING_MOST = 200

const schema = {
  tags: ['Webhooks'],
  operationId: 'listEvents',
  summary: 'Read messages as a feed',
  description:
    'The same messages that webhook endpoints get, thin, oldest first: for consumers that nothing can be posted to. Keep `After` ' +
    'and pass it next time. With `Prefer: wait=N` an empty reply is sent only after N seconds.',
  headers: Type.Object({ Prefer: preferField }),
  querystring: Type.Object(
    {
      After: Type.Optional(
        Type.String({ maxLength: 64, description: 'The `After` of the previous reply, or the `Cursor` of an event.' }),
      ),
      Limit: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 1_000, description: 'Number of events per reply. Default 100.' }),
      ),
    },
    { additionalProperties: false },
  ),
  response: {
    200: documented('The events.', refTo(WebhookEvents), ['Preference-Applied']),
    ...problemReplies(...everyRoute, 'invalid-request'),
  },
}

/** `GET /Events`: an application's messages, for consumers behind firewalls. */
export const webhookEvents: FastifyPluginAsyncTypebox = async (app) => {
  const waiting = new Set<() => void>()
  app.addHook('preClose', async () => {
    for (const wake of waiting) wake()
  })

  app.get('/Events', { schema }, async (request, reply) => {
    const { After, Limit = 100 } = request.query
    if (After !== undefined && !isFeedId(After)) {
      const Errors = [{ Pointer: '/After', Message: 'is not the After of an earlier reply' }]
      throw new Refusal('invalid-request', 'The query string is not valid.', { Errors })
    }
    const { feed } = app.webhooksOf(request.application)
    const { seconds, applied } = wantedWait(request, 0)
    const until = Date.now() + seconds * 1_000
    let part = await feed.read(After, Limit)
    while (part.messages.length === 0 && Date.now() < until && waiting.size < WAITING_MOST) {
      const isOver = await pause(Math.min(LOOK_EVERY_MS, until - Date.now()))
      if (isOver || reply.raw.destroyed) break
      part = await feed.read(part.next ?? After, Limit)
    }
    if (applied) reply.header('Preference-Applied', applied)
    const { messages, next = After, missed } = part
    return reply.send({
      Events: messages.map(showEvent),
      ...(next !== undefined && { After: next }),
      ...(missed > 0 && { Missed: missed }),
    })
  })

  /** Whether the gateway stops. */
  function pause(ms: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const wake = () => resolve(true)
    const timer = setTimeout(() => resolve(false), ms)
    waiting.add(wake)
    return promise.finally(() => {
      clearTimeout(timer)
      waiting.delete(wake)
    })
  }
}

function showEvent({ feedId, id, body }: StoredMessage): WebhookEvents['Events'][number] {
  const message = JSON.parse(body) as Omit<WebhookEvents['Events'][number], 'Cursor' | 'MessageId'>
  return { Cursor: feedId, MessageId: id, ...message }
}
