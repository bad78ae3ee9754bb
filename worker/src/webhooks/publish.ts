import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import type { WebhookMessage } from '@encounter-gateway/shared/webhooks/message.ts'
import type { WebhookRecords } from '@encounter-gateway/shared/webhooks/webhook-records.ts'

/** Adds messages to the feeds of their applications. Those of an application without records are for nobody. */
export type Publish = (messages: readonly WebhookMessage[]) => Promise<void>

/** `published` is called with each application once its messages are in its feed. */
export function publisher(
  records: ReadonlyMap<string, Pick<WebhookRecords, 'feed'>>,
  published: (application: string) => void,
): Publish {
  return async (messages) => {
    const byApplication = Map.groupBy(messages, ({ application }) => application)
    await Promise.all(
      byApplication.entries().map(async ([application, its]) => {
        await records.get(application)?.feed.publish(its.map(entryOf))
        published(application)
      }),
    )
  }
}

function entryOf({ id, body, except }: WebhookMessage) {
  const { EMRSystem: emrSystem, EmrInstance: emrInstance } = body.data
  const connection = emrSystem && emrInstance ? nameOf({ emrSystem, emrInstance }) : undefined
  return { id, type: body.type, connection, body: JSON.stringify(body), except }
}
