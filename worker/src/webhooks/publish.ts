import type { WebhookMessage } from '@encounter-gateway/shared/webhooks/message.ts'
import type { WebhookRecords } from '@encounter-gateway/shared/webhooks/webhook-records.ts'

/**
 * Adds messages to the feeds of their applications (`Feed.publish`), and returns those that are unsure. Those of an
 * application without records are for nobody.
 */
export type Publish = (messages: readonly WebhookMessage[], thorough?: boolean) => Promise<ReadonlySet<WebhookMessage>>

/** `published` is called with each application once its messages are in its feed. */
export function publisher(
  records: ReadonlyMap<string, Pick<WebhookRecords, 'feed'>>,
  published: (application: string) => void,
): Publish {
  return async (messages, thorough) => {
    const unsure = new Set<WebhookMessage>()
    await Promise.all(
      Map.groupBy(messages, ({ application }) => application)
        .entries()
        .map(async ([application, its]) => {
          const replies = (await records.get(application)?.feed.publish(its, thorough)) ?? []
          its.forEach((message, at) => replies[at] === 'unsure' && unsure.add(message))
          published(application)
        }),
    )
    return unsure
  }
}
