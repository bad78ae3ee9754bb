/** What the records of an application's webhooks are opened with. */
export type WebhookRecordsAbout = {
  application: string
  /** For how long messages, and what is known of their deliveries, are kept. */
  retentionMs: number
  /** Whether the configuration gives the application an endpoint. */
  configured: boolean
}
