export type { BatchContent, BatchPiece, BatchSource } from './batch-source.ts'
export type { RetryOptions } from './batches.ts'
export { createClient, type Client } from './client.ts'
export * from './contract.ts'
export { GatewayError } from './gateway-error.ts'
export { contentOf, type ClientOptions } from './gateway.ts'
export type { CallOptions, JobFilter, SubmitOptions, WaitOptions } from './jobs.ts'
export type { paths } from './openapi.ts'
export { createOperatorApi, type OperatorApi } from './operator-api.ts'
export type { OnPause } from './patience.ts'
export { newIdempotencyKey, type EmrLogin, type Identity } from './request-headers.ts'
export type { Fetch } from './try-once.ts'
export type { UploadOptions, UploadProgress } from './upload-batch.ts'
export type {
  CreatedWebhookEndpoint,
  DeliveryFilter,
  NewWebhookEndpoint,
  Recovered,
  RotatedSecret,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookEndpointChange,
  WebhookEndpoints,
  WebhookEvents,
} from './webhook-endpoints.ts'
export { verifyWebhook, verifyWebhookByPublicKey, WebhookVerificationError, type WebhookEvent } from './webhook.ts'
