/** The types of messages to webhook endpoints, which `EventTypes` of an endpoint may name. */
export const webhookTypes = [
  'encounter.created',
  'encounter.failed',
  'encounter.outcome_unknown',
  'encounter.cancelled',
  'encounter.expired',
  'batch.finished',
  'login.refused',
  'endpoint.failing',
  'endpoint.disabled',
  'webhook.test',
] as const

/** The `type` of a message. */
export type WebhookType = (typeof webhookTypes)[number]
