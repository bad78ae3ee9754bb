import { BY_AN_OPERATOR } from '@encounter-gateway/shared/webhooks/lanes.ts'
import { Refusal } from '../http/refusal.ts'
import { showDelivery } from '../webhooks/delivery-routes.ts'
import { filterOf } from '../webhooks/routes.ts'
import { recordAct, type ActingOn, type Actor } from './acts.ts'
import { expectOf, requireExpected } from './expect.ts'
import { coversEndpoint, isSeen, type Looking, type SeenEndpoint } from './webhooks-seen.ts'

/** Enables an endpoint from where it stopped, or disables it. Throws a 403 if it has messages outside the operator's scope. */
export async function setEndpoint(
  on: ActingOn & Looking,
  actor: Actor,
  seen: SeenEndpoint,
  act: 'Enable' | 'Disable',
): Promise<void> {
  const { lanes } = within(on, seen).webhooks
  const { endpointId } = seen
  const before = await stateOf(seen)
  const After = act === 'Enable' ? 'Enabled' : 'Disabled'
  await recordAct(on, actor, { Action: `Webhook/${act}`, About: nameOf(seen), Before: before ?? 'Enabled', After })
  // the configured endpoint has no lane before its first message
  if (act === 'Enable' || before === undefined) await lanes.open(endpointId)
  if (act === 'Disable') await lanes.disable(endpointId, BY_AN_OPERATOR)
}

/** Sends one message again. Throws a 404 if the endpoint does not have it, a 409 if the endpoint is disabled. */
export async function resendMessage(
  on: ActingOn & Looking,
  actor: Actor,
  seen: SeenEndpoint,
  messageId: string,
): Promise<void> {
  const { deliveries } = seen.webhooks
  const found = /^msg_[0-9a-z_]{1,80}$/.test(messageId) ? await deliveries.get(seen.endpointId, messageId) : undefined
  const delivery = found && showDelivery(found)
  if (!delivery || !isSeen(actor.operator, delivery)) throw noSuchMessage()
  if ((await stateOf(seen)) === 'Disabled') throw disabled()
  const { EMRSystem, EmrInstance, JobId } = delivery
  const About = `${nameOf(seen)}, ${messageId}`
  await recordAct(on, actor, {
    Action: 'Webhook/Resend',
    EMRSystem,
    EmrInstance,
    JobId,
    About,
    Before: delivery.Status,
  })
  const said = await deliveries.resend(seen.endpointId, messageId)
  if (said === 'unknown') throw noSuchMessage()
  if (said === 'disabled') throw disabled()
}

/** Counts what an endpoint has not received since a time, ms since the epoch. */
export async function countUndelivered(
  on: Looking,
  seen: SeenEndpoint,
  since: number,
): Promise<{ Count: number; Expect: string }> {
  const count = await within(on, seen).webhooks.deliveries.undelivered(seen.endpointId, since, filter(seen))
  return { Count: count, Expect: expectOf(count, aboutRecovery(seen, since)) }
}

/** Sends what an endpoint has not received since a time. `expect`: of a count before; throws a 409 if the count has moved by more than a tenth. */
export async function recoverMessages(
  on: ActingOn & Looking,
  actor: Actor,
  seen: SeenEndpoint,
  { since, expect }: { since: number; expect: string | undefined },
): Promise<{ Count: number }> {
  const { Count } = await countUndelivered(on, seen, since)
  requireExpected(Count, expect, aboutRecovery(seen, since))
  if ((await stateOf(seen)) === 'Disabled') throw disabled()
  const About = `${nameOf(seen)}, since ${new Date(since).toISOString()}, ${Count} messages`
  await recordAct(on, actor, { Action: 'Webhook/Recover', About })
  return { Count: await seen.webhooks.deliveries.recover(seen.endpointId, since, filter(seen)) }
}

/** What acts concern all messages of an endpoint: the operator must be allowed to know of all. */
function within(on: Looking, seen: SeenEndpoint): SeenEndpoint {
  if (coversEndpoint(on, seen)) return seen
  throw new Refusal('operator-forbidden', 'This endpoint also gets messages of connections outside your scope.')
}

async function stateOf(seen: SeenEndpoint) {
  return (await seen.webhooks.lanes.state(seen.endpointId, filter(seen)))?.state
}

function filter({ endpoint }: SeenEndpoint) {
  return endpoint ? filterOf(endpoint) : {}
}

function nameOf({ application, endpointId }: SeenEndpoint): string {
  return `${application.name} ${endpointId}`
}

function aboutRecovery(seen: SeenEndpoint, since: number): string {
  return `${nameOf(seen)} ${since}`
}

function noSuchMessage(): Refusal {
  return new Refusal('not-found', 'The endpoint has no message with this MessageId, or it is no longer kept.')
}

function disabled(): Refusal {
  return new Refusal('conflict', 'The endpoint is disabled; enable it first.')
}
