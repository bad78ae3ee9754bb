import { isDeliveryCursor, type DeliveryStatus } from '@encounter-gateway/shared/webhooks/deliveries.ts'
import { HOUR } from '@encounter-gateway/shared/durations.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../../http/refusal.ts'
import { actingOn, type OperatorApiOptions } from '../api/operator-route.ts'
import { countUndelivered, recoverMessages, resendMessage, setEndpoint } from '../webhook-acts.ts'
import { readDeliveries, readEndpointRow, readEndpointRows, seenEndpoint } from '../webhooks-seen.ts'
import { actorOf, allowed, allowedChange, csrfOf, numberOf, sendPage, textOf } from './requests.ts'
import { endpointPage, recoverPage, webhooksPage } from './webhooks.ts'

const SHOWN = 100
const PER_PAGE = 50
const HOURS_MOST = 999
const statuses: readonly DeliveryStatus[] = ['Waiting', 'Delivered', 'Failed']

type Params = { Params: { Application: string; EndpointId: string } }

/** `/admin/webhooks`: the endpoints of all applications, and one of them with its deliveries. */
export async function webhookPages(app: FastifyInstance, { applications }: OperatorApiOptions): Promise<void> {
  const schema = { hide: true }
  const looking = (request: FastifyRequest) => ({ app, applications, operator: allowed(request, 'see') })
  const find = (request: FastifyRequest<Params>) => {
    const { Application, EndpointId } = request.params
    return seenEndpoint(looking(request), { endpointId: EndpointId, application: Application })
  }

  app.get('/webhooks', { schema }, async (request, reply) => {
    const found = await readEndpointRows(looking(request), { limit: SHOWN })
    return sendPage(reply, webhooksPage({ operator: allowed(request, 'see'), ...found }))
  })

  app.get<Params>('/webhooks/:Application/:EndpointId', { schema }, async (request, reply) => {
    const operator = allowed(request, 'see')
    const seen = await find(request)
    const status = statuses.find((each) => each === textOf(request.query, 'Status'))
    const cursor = textOf(request.query, 'Cursor')
    const after = isDeliveryCursor(cursor) ? cursor : undefined
    const [row, page] = await Promise.all([
      readEndpointRow(seen),
      readDeliveries(looking(request), seen, { status, after, limit: PER_PAGE }),
    ])
    const { Deliveries: deliveries, Cursor } = page
    return sendPage(reply, endpointPage({ operator, csrf: csrfOf(request), row, deliveries, status, cursor: Cursor }))
  })

  app.post<Params>('/webhooks/:Application/:EndpointId', { schema }, async (request, reply) => {
    const operator = allowedChange(request)
    const seen = await find(request)
    const act = textOf(request.body, 'act')
    const on = { ...actingOn(app, request, applications), ...looking(request) }
    const expect = textOf(request.body, 'expect')
    if (act === 'Recover' && expect === '') {
      const since = Date.now() - (numberOf(request.body, 'hours', HOURS_MOST) ?? 1) * HOUR
      const found = await countUndelivered(on, seen, since)
      const row = await readEndpointRow(seen)
      return sendPage(reply, recoverPage({ operator, csrf: csrfOf(request), row, since, found }))
    }
    const actor = actorOf(request)
    if (act === 'Enable' || act === 'Disable') await setEndpoint(on, actor, seen, act)
    else if (act === 'Resend') await resendMessage(on, actor, seen, textOf(request.body, 'message'))
    else if (act === 'Recover') {
      const since = Number(textOf(request.body, 'since')) || 0
      await recoverMessages(on, actor, seen, { since, expect })
    } else throw new Refusal('invalid-request', 'This is not an order.')
    return reply.redirect(`/admin/webhooks/${seen.application.name}/${seen.endpointId}`, 303)
  })
}
