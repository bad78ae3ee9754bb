// Generated from the api’s OpenAPI document by `npm run client-types`; not to be edited.
export interface paths {
  '/metrics': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Get metrics
     * @description Metrics of this process and of the queues, in the text format of Prometheus.
     */
    get: operations['getMetrics']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/{EMRSystem}/PatientEncounters': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Create a patient encounter
     * @description Stores the request durably and returns 202 with its job; workers then create the encounter in the EMR, at most once. With `Prefer: wait=N` the reply is the outcome if it is known in time: 201 with the encounter, or a problem. The header parameters may also be sent as properties of the body; a header takes precedence. With `DryRun=true` nothing is stored or sent: the reply is what the EMR would get.
     */
    post: operations['createPatientEncounter']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/Jobs/{JobId}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Get a job
     * @description With `Prefer: wait=N` the reply is sent when the job has ended, after at most N seconds.
     */
    get: operations['getJob']
    put?: never
    post?: never
    /**
     * Cancel a job
     * @description Cancels a job that was never sent to the EMR; a job that may have reached the EMR cannot be cancelled. Cancelling twice is harmless. The request is kept for a Retry as long as that of a failed job, then erased.
     */
    delete: operations['cancelJob']
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/Jobs/{JobId}/Result': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Get the result of a job
     * @description Returns the same status code and body as a `POST` that waited for the outcome: 201 with the encounter, or a problem; 202 while the job has not ended.
     */
    get: operations['getJobResult']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/Jobs/{JobId}/Retry': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Retry a job
     * @description Begins a new round of attempts, with a new deadline, for a job that ended without success (`Cancelled` and `Expired` included), as long as its request is kept. If the encounter may exist in the EMR from an earlier round, the EMR is asked before anything is sent. Returns 409 while the batch of the job is being cancelled. With `LoginId` and `Password`, or `AuthorizationToken`, these replace the credentials of the request; then a job that still waits, for example `Parked` because the EMR refused its login, goes on with them at once.
     */
    post: operations['retryJob']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/Jobs': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List jobs
     * @description The jobs of the calling application, newest first: by when they ended if `Status` is `Failed`, `OutcomeUnknown`, `Cancelled` or `Expired`, otherwise by when they were accepted. With a filter, a page may be short or even empty; there may be more jobs as long as the reply has a `Cursor`. A page takes the same time whatever the number of jobs. Jobs accepted in the meantime do not affect the pages after a cursor.
     */
    get: operations['listJobs']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/Connections': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List connections
     * @description The EMR connections that the calling application may use, with their state and limits.
     */
    get: operations['listConnections']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/Batches/{BatchId}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Get a batch */
    get: operations['getBatch']
    put?: never
    post?: never
    /**
     * Cancel a batch
     * @description Cancels all items that were never sent to the EMR; the workers end them one by one. Items that may have reached the EMR continue. The requests of cancelled items are kept for a Retry as long as those of failed items, then erased.
     */
    delete: operations['cancelBatch']
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/Batches/{BatchId}/Results': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Get batch results
     * @description The current state of every item, including rejected ones: NDJSON, one BatchItem per line in the order of the upload.
     */
    get: operations['getBatchResults']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/Batches/{BatchId}/Events': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Stream batch progress
     * @description Server-sent events with the Batch as data: `progress` at once and after each change, at most twice a second; `finished` at the end. With `Last-Event-ID`, the first event is sent only if the batch has changed since that id.
     */
    get: operations['getBatchEvents']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/Batches/{BatchId}/Retry': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Retry batch items
     * @description Begins a new round of attempts, with a new deadline, for all items in one state. `DryRun=true` only counts them. Returns 409 while the batch is `Cancelling`. With `LoginId` and `Password`, or `AuthorizationToken`, these replace the credentials of the items that are retried and of those that have not ended; items that are `Parked` because the EMR refused their login go on at once.
     */
    post: operations['retryBatch']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/{EMRSystem}/PatientEncounters/Batch': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Find a batch by its Idempotency-Key
     * @description Returns the batch of an upload, to see how much of it arrived: `Items` is the number of items read so far.
     */
    get: operations['findBatch']
    put?: never
    /**
     * Upload a batch of patient encounters
     * @description The body is a stream of any length: one request body per line (`application/x-ndjson`), or one JSON array of request bodies. Each valid item becomes a durable job as soon as it has been read; an invalid item is rejected and reported by its index, and does not affect the others. The 202 is sent when the stream ends. If the upload breaks off, send the same content again with the same Idempotency-Key: only the rest is accepted. Supported Content-Encodings: gzip, zstd, identity. The header parameters apply to all items; LoginId, Password and AuthorizationToken may also be properties of the items. ApplicationName and ApplicationKey must be headers.
     */
    post: operations['createBatch']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/WebhookEndpoints': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** List webhook endpoints */
    get: operations['listWebhookEndpoints']
    put?: never
    /**
     * Create a webhook endpoint
     * @description It gets the messages from now on; `Recover` sends earlier ones. `Secret` is in this reply and never shown again. At most 1,000 endpoints per application.
     */
    post: operations['createWebhookEndpoint']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/WebhookEndpoints/{EndpointId}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Get a webhook endpoint */
    get: operations['getWebhookEndpoint']
    put?: never
    post?: never
    /**
     * Delete a webhook endpoint
     * @description Messages that wait for it are not sent. `GET /Events` has them as long as they are kept.
     */
    delete: operations['deleteWebhookEndpoint']
    options?: never
    head?: never
    /**
     * Change a webhook endpoint
     * @description Changes what the body names, as a JSON merge patch. In force within seconds, also for messages that wait. Of `ep_config` only `Enabled` can be changed.
     */
    patch: operations['changeWebhookEndpoint']
    trace?: never
  }
  '/api/v1/WebhookEndpoints/{EndpointId}/RotateSecret': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Replace the secret of a webhook endpoint
     * @description During the overlap each message has a signature by each secret, so that no receiver refuses one. If a secret has leaked, use `OverlapHours: 0`.
     */
    post: operations['rotateWebhookSecret']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/WebhookEndpoints/{EndpointId}/Test': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Send a test message to a webhook endpoint
     * @description Sends `webhook.test` to this endpoint alone, whatever its `EventTypes`. Its delivery shows how it was answered.
     */
    post: operations['testWebhookEndpoint']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/WebhookEndpoints/{EndpointId}/Recover': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Send what a webhook endpoint has not received
     * @description All messages since a time that the endpoint wants and has never answered with 2xx, also those from before it was created. Count first, with `DryRun`.
     */
    post: operations['recoverWebhookEndpoint']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/WebhookEndpoints/{EndpointId}/Deliveries': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** List the deliveries of a webhook endpoint */
    get: operations['listWebhookDeliveries']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/WebhookEndpoints/{EndpointId}/Deliveries/{MessageId}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Get a delivery with each try */
    get: operations['getWebhookDelivery']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/WebhookEndpoints/{EndpointId}/Deliveries/{MessageId}/Resend': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Send a message to a webhook endpoint again
     * @description Also one that was delivered, with the same `webhook-id`. One that waits is sent anyway.
     */
    post: operations['resendWebhookMessage']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/Events': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Read messages as a feed
     * @description The same messages that webhook endpoints get, thin, oldest first: for consumers that nothing can be posted to. Keep `After` and pass it next time. With `Prefer: wait=N` an empty reply is sent only after N seconds.
     */
    get: operations['listEvents']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/livez': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Check liveness */
    get: operations['getLiveness']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/readyz': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Check readiness
     * @description Whether requests can be accepted: tests a write to Redis and its memory, and reports its durability. Redis is checked at most once per second.
     */
    get: operations['getReadiness']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Connections': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** List connections, those in trouble first */
    get: operations['listOperatorConnections']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Connections/{EMRSystem}/{EmrInstance}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Get a connection with its figures of 48 hours */
    get: operations['getOperatorConnection']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Connections/{EMRSystem}/{EmrInstance}/Pause': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /** Send nothing more to an EMR */
    post: operations['pauseConnection']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Connections/{EMRSystem}/{EmrInstance}/Resume': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /** End a pause or a drain */
    post: operations['resumeConnection']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Connections/{EMRSystem}/{EmrInstance}/Drain': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /** Accept nothing new for a connection */
    post: operations['drainConnection']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Connections/{EMRSystem}/{EmrInstance}/Release': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /** End a hold; an open breaker tries the EMR at once */
    post: operations['releaseConnection']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Connections/{EMRSystem}/{EmrInstance}/Hold': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /** Park the jobs of a connection for a while */
    post: operations['holdConnection']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Connections/{EMRSystem}/{EmrInstance}/Limits': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /** Set limits in place of the configured ones */
    post: operations['limitConnection']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Jobs': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * List the jobs of all applications
     * @description Ordered and paged as `GET /api/v1/Jobs`.
     */
    get: operations['listOperatorJobs']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Jobs/{JobId}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Get a job with its timeline */
    get: operations['getOperatorJob']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Jobs/Retry': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Retry the jobs that match a filter
     * @description With `DryRun` it only counts and returns `Expect`, which the act requires; the act is refused if the number has moved by more than a tenth since. At most 10,000 jobs per request.
     */
    post: operations['retryOperatorJobs']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Jobs/{JobId}/Retry': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /** Retry a job */
    post: operations['retryOperatorJob']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Jobs/Cancel': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Cancel the jobs that match a filter
     * @description With `DryRun` it only counts and returns `Expect`, which the act requires; the act is refused if the number has moved by more than a tenth since. At most 10,000 jobs per request.
     */
    post: operations['cancelOperatorJobs']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Jobs/{JobId}/Cancel': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /** Cancel a job */
    post: operations['cancelOperatorJob']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Jobs/{JobId}/Resolve': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Record what was found in the EMR about a job in doubt
     * @description `Created` with `EncounterId`: the encounter is there, and the job has succeeded. `NotCreated`: it is not there; `Then` `Send` sends it without asking the EMR again, `Fail` ends the job as failed.
     */
    post: operations['resolveOperatorJob']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/WebhookEndpoints': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** List the webhook endpoints of all applications, those in trouble first */
    get: operations['listOperatorWebhookEndpoints']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/WebhookEndpoints/{EndpointId}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Get a webhook endpoint */
    get: operations['getOperatorWebhookEndpoint']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/WebhookEndpoints/{EndpointId}/Deliveries': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** List the deliveries of a webhook endpoint with each try */
    get: operations['listOperatorDeliveries']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/WebhookEndpoints/{EndpointId}/Enable': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /** Send to a webhook endpoint again, from where it stopped */
    post: operations['enableOperatorWebhookEndpoint']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/WebhookEndpoints/{EndpointId}/Disable': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /** Send nothing more to a webhook endpoint */
    post: operations['disableOperatorWebhookEndpoint']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/WebhookEndpoints/{EndpointId}/Recover': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Send what a webhook endpoint has not received
     * @description With `DryRun` it only counts and returns `Expect`, which the act requires; the act is refused if the number has moved by more than a tenth since.
     */
    post: operations['recoverOperatorWebhookEndpoint']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Deliveries/{MessageId}/Resend': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /** Send a message to a webhook endpoint again */
    post: operations['resendOperatorDelivery']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Workers': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** List the processes of the gateway */
    get: operations['listProcesses']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Redis': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Get the state of Redis */
    get: operations['getRedisHealth']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Applications': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** List applications and what they have waiting */
    get: operations['listApplications']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Audit': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Read the audit log, newest first */
    get: operations['listAuditEntries']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/operator/Events': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Follow changes of connections as server-sent events
     * @description An event `changed` with the name and state of each connection whenever one of them, or a webhook endpoint, changes.
     */
    get: operations['watchConnections']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
}
export interface webhooks {
  'encounter.created': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Receive encounter.created
     * @description A job has ended.
     */
    post: operations['onEncounterCreated']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  'encounter.failed': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Receive encounter.failed
     * @description A job has ended.
     */
    post: operations['onEncounterFailed']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  'encounter.outcome_unknown': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Receive encounter.outcome_unknown
     * @description A job has ended.
     */
    post: operations['onEncounterOutcomeUnknown']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  'encounter.cancelled': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Receive encounter.cancelled
     * @description A job has ended.
     */
    post: operations['onEncounterCancelled']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  'encounter.expired': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Receive encounter.expired
     * @description A job has ended.
     */
    post: operations['onEncounterExpired']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  'batch.finished': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Receive batch.finished
     * @description Every item of a batch has ended.
     */
    post: operations['onBatchFinished']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  'login.refused': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Receive login.refused
     * @description An EMR refuses a login several times in a row; its jobs wait for new credentials.
     */
    post: operations['onLoginRefused']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  'endpoint.failing': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Receive endpoint.failing
     * @description Another endpoint of the application answers no message: it will be, or is, disabled.
     */
    post: operations['onEndpointFailing']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  'endpoint.disabled': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Receive endpoint.disabled
     * @description Another endpoint of the application answers no message: it will be, or is, disabled.
     */
    post: operations['onEndpointDisabled']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  'webhook.test': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Receive webhook.test
     * @description A test that the application ordered.
     */
    post: operations['onWebhookTest']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
}
export interface components {
  schemas: {
    /**
     * @description Why a request was refused, or why no encounter was created (RFC 9457).
     * @example {
     *       "type": "urn:encounter-gateway:problem:invalid-request",
     *       "title": "The request is not valid",
     *       "status": 400,
     *       "detail": "1 property of the request is not valid.",
     *       "instance": "/api/v1/Sandbox/PatientEncounters",
     *       "Errors": [
     *         {
     *           "Pointer": "/Encounter/FinancialNumbr",
     *           "Message": "is not known; did you mean `FinancialNumber`?"
     *         }
     *       ]
     *     }
     */
    Problem: {
      /** @description The kind of problem, machine-readable: `urn:encounter-gateway:problem:` and a name. */
      type: string
      /** @description Human-readable summary; the same for every problem of this type. */
      title: string
      /** @description The HTTP status code. */
      status: number
      /** @description Human-readable explanation of this occurrence, without patient data. */
      detail: string
      /** @description Identifies this occurrence: the path of the request or job. */
      instance?: string
      /** @description The job that the request conflicts with. */
      JobId?: string
      /** @description The batch that the upload conflicts with. */
      BatchId?: string
      /** @description The mistakes found in the request, one per property, at most 200. */
      Errors?: {
        /** @description JSON Pointer (RFC 6901) of the property at fault; the empty string means the whole body. */
        Pointer: string
        /** @description What is wrong with it, in human-readable form. */
        Message: string
      }[]
      /** @description Number of mistakes beyond those that `Errors` lists. */
      ErrorsOmitted?: number
    }
    /**
     * @description One request to create an encounter, from its acceptance to its outcome.
     * @example {
     *       "JobId": "q3f0a7k2m9x1c8v5b6n4",
     *       "EMRSystem": "Sandbox",
     *       "EmrInstance": "default",
     *       "Status": "Succeeded",
     *       "CreatedAt": "2025-12-12T20:56:11.005Z",
     *       "UpdatedAt": "2025-12-12T20:56:11.291Z",
     *       "FinishedAt": "2025-12-12T20:56:11.291Z",
     *       "Attempts": 1,
     *       "MaxAttempts": 5,
     *       "StatusCode": 201,
     *       "EncounterId": "97953478",
     *       "AlternativeIdentifiers": [
     *         {
     *           "Code": "FIN",
     *           "Description": "Financial number",
     *           "Value": "22280"
     *         }
     *       ]
     *     }
     */
    Job: {
      /** @description Identifier of the job: 20 characters `[0-9a-z]`. It is also sent to the EMR, as the key of the encounter. */
      JobId: string
      /**
       * @description The EMR in which the encounter is created.
       * @enum {string}
       */
      EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
      /** @description The connection to that EMR; `default` if the request named none. */
      EmrInstance: string
      /**
       * @description The state of the job. `Queued`: waiting for its first attempt. `Running`: an attempt is in progress. `Retrying`: waiting for its next attempt. `Parked`: held back, without spending attempts, until the EMR is available. Terminal states: `Succeeded`, `Failed`, `OutcomeUnknown` (the encounter may or may not exist in the EMR; an operator must check), `Cancelled`, `Expired` (its deadline passed before it finished).
       * @enum {string}
       */
      Status:
        | 'Queued'
        | 'Running'
        | 'Retrying'
        | 'Parked'
        | 'Succeeded'
        | 'Failed'
        | 'OutcomeUnknown'
        | 'Cancelled'
        | 'Expired'
      /**
       * Format: date-time
       * @description When the request was accepted. RFC 3339, UTC.
       */
      CreatedAt: string
      /**
       * Format: date-time
       * @description When the job last changed. RFC 3339, UTC.
       */
      UpdatedAt: string
      /**
       * Format: date-time
       * @description When the job ended. RFC 3339, UTC.
       */
      FinishedAt?: string
      /** @description Number of attempts in this round; a manual retry begins a new round at 0. */
      Attempts: number
      /** @description Maximum number of attempts in a round. */
      MaxAttempts: number
      /**
       * Format: date-time
       * @description The earliest time of the next attempt, for a job that is not running. RFC 3339, UTC.
       */
      NextAttemptAt?: string
      /** @description Why a `Parked` job is held back, in human-readable form. */
      ParkedReason?: string
      /** @description HTTP status code of the outcome: 201, 400, 401, 403, 408, 409, 500 or 502. */
      StatusCode?: number
      /** @description Identifier of the created encounter in the EMR. */
      EncounterId?: string
      /** @description Other identifiers of the same encounter: its financial number, its visit number, the gateway’s own key. May be empty. */
      AlternativeIdentifiers?: {
        /** @description The kind of identifier, as a code: `FIN`, `VN`, `CSN`. */
        Code: string
        /** @description The kind of identifier, in words. */
        Description: string
        /** @description The identifier itself. */
        Value: string
      }[]
      Problem?: components['schemas']['Problem']
      /** @description `true`: the answer to an attempt was lost, and the encounter was then found in the EMR by the key of the job. */
      Recovered?: boolean
      /** @description JSON Pointers of the request properties that this EMR cannot store. */
      NotCarried?: string[]
      /** @description The batch that contains the job. */
      BatchId?: string
      /** @description Position in that batch, counted from 0. */
      ItemIndex?: number
    }
    /**
     * @description Requests to create encounters, uploaded together; each becomes a job.
     * @example {
     *       "BatchId": "q3f0h2k7m9x1c8v5b6n4",
     *       "EMRSystem": "Sandbox",
     *       "EmrInstance": "default",
     *       "Status": "Running",
     *       "CreatedAt": "2025-12-12T20:56:11.005Z",
     *       "UpdatedAt": "2025-12-12T20:56:31.291Z",
     *       "ReceivedAt": "2025-12-12T20:56:30.112Z",
     *       "Items": 100000,
     *       "Accepted": 99990,
     *       "Rejected": 10,
     *       "Queued": 60000,
     *       "Running": 40,
     *       "Succeeded": 39900,
     *       "Failed": 50,
     *       "OutcomeUnknown": 0,
     *       "Cancelled": 0,
     *       "Expired": 0
     *     }
     */
    Batch: {
      /** @description Identifier of the batch: 20 characters `[0-9a-z]`. */
      BatchId: string
      /**
       * @description The EMR in which the encounter is created.
       * @enum {string}
       */
      EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
      /** @description The connection to that EMR; `default` if the request named none. */
      EmrInstance: string
      /**
       * @description The state of the batch. `Receiving`: the upload is not complete; items received so far are already processed. To resume, send the upload again with the same Idempotency-Key. `Running`: the upload is complete, or can no longer be resumed. `Cancelling`: items not yet sent to the EMR are being cancelled. `Finished`: every item has ended.
       * @enum {string}
       */
      Status: 'Receiving' | 'Running' | 'Cancelling' | 'Finished'
      /**
       * Format: date-time
       * @description When its first item was read. RFC 3339, UTC.
       */
      CreatedAt: string
      /**
       * Format: date-time
       * @description When the batch last changed. RFC 3339, UTC.
       */
      UpdatedAt: string
      /** @description `true`: the upload broke off and was not resumed in time. The batch consists of the items received by then and accepts no more. Otherwise absent. */
      Abandoned?: boolean
      /**
       * Format: date-time
       * @description When the end of the upload was read. RFC 3339, UTC.
       */
      ReceivedAt?: string
      /**
       * Format: date-time
       * @description When its last item ended. RFC 3339, UTC.
       */
      FinishedAt?: string
      /** @description Items read so far: the sum of `Accepted` and `Rejected`. */
      Items: number
      /** @description Items that became jobs: the sum of the counts from `Queued` on. */
      Accepted: number
      /** @description Invalid items; they are never sent to the EMR. */
      Rejected: number
      /** @description Items waiting for their turn. */
      Queued: number
      /** @description Items in progress: being sent, waiting for their next attempt, or parked. */
      Running: number
      /** @description Items whose encounter exists in the EMR. */
      Succeeded: number
      /** @description Items that the EMR refused, or that used up their attempts. */
      Failed: number
      /** @description Items whose encounter may or may not exist in the EMR; an operator must check. */
      OutcomeUnknown: number
      /** @description Items cancelled before they were sent to the EMR. */
      Cancelled: number
      /** @description Items whose deadline passed before they finished. */
      Expired: number
      /** @description The first 100 items rejected from this upload; only in the reply to an upload. `/Results` lists all of them. */
      Rejections?: {
        /** @description Position in the batch, counted from 0; empty lines are not counted. */
        ItemIndex: number
        /** @description Line number in the upload, counted from 1. NDJSON only. */
        Line?: number
        Problem: components['schemas']['Problem']
      }[]
    }
    /**
     * @description One item of a batch and its outcome. Properties that do not apply are left out.
     * @example {
     *       "ItemIndex": 0,
     *       "JobId": "q3f0a7k2m9x1c8v5b6n4",
     *       "Status": "Succeeded",
     *       "StatusCode": 201,
     *       "EncounterId": "97953478"
     *     }
     */
    BatchItem: {
      /** @description Position in the batch, counted from 0. */
      ItemIndex: number
      /** @description Line number of a rejected item in the upload, counted from 1. NDJSON only. */
      Line?: number
      /** @description The job of the item; absent for a rejected item. */
      JobId?: string
      /**
       * @description The state of its job, or `Rejected`: invalid, never sent to the EMR.
       * @enum {string}
       */
      Status:
        | 'Queued'
        | 'Running'
        | 'Retrying'
        | 'Parked'
        | 'Succeeded'
        | 'Failed'
        | 'OutcomeUnknown'
        | 'Cancelled'
        | 'Expired'
        | 'Rejected'
      /** @description HTTP status code of the outcome; 400 if rejected. */
      StatusCode?: number
      /** @description Identifier of the created encounter in the EMR. */
      EncounterId?: string
      /** @description Other identifiers of the same encounter: its financial number, its visit number, the gateway’s own key. May be empty. */
      AlternativeIdentifiers?: {
        /** @description The kind of identifier, as a code: `FIN`, `VN`, `CSN`. */
        Code: string
        /** @description The kind of identifier, in words. */
        Description: string
        /** @description The identifier itself. */
        Value: string
      }[]
      /** @description The encounter was found in the EMR after an answer was lost. */
      Recovered?: boolean
      /** @description Properties that this EMR cannot store. */
      NotCarried?: string[]
      Problem?: components['schemas']['Problem']
    }
    /**
     * @description How many items of a batch were retried.
     * @example {
     *       "Matching": 50,
     *       "Retried": 50,
     *       "Erased": 0
     *     }
     */
    BatchRetry: {
      /** @description Items in the requested state. */
      Matching: number
      /** @description Items that began a new round of attempts; 0 with `DryRun`. */
      Retried: number
      /** @description Items that cannot be retried because their request has been erased; 0 with `DryRun`. */
      Erased: number
    }
    /**
     * @description The encounter that now exists in the EMR.
     * @example {
     *       "EncounterId": "97953478",
     *       "AlternativeIdentifiers": [
     *         {
     *           "Code": "FIN",
     *           "Description": "Financial number",
     *           "Value": "22280"
     *         }
     *       ]
     *     }
     */
    EncounterCreated: {
      /** @description Identifier of the new encounter in the EMR. */
      EncounterId: string
      /** @description Other identifiers of the same encounter: its financial number, its visit number, the gateway’s own key. May be empty. */
      AlternativeIdentifiers: {
        /** @description The kind of identifier, as a code: `FIN`, `VN`, `CSN`. */
        Code: string
        /** @description The kind of identifier, in words. */
        Description: string
        /** @description The identifier itself. */
        Value: string
      }[]
    }
    /**
     * @description An encounter to create. A `null` property counts as absent, unless it is required.
     * @example {
     *       "UserId": "sample string 1",
     *       "PatientId": "sample string 2",
     *       "PatientIdType": "sample string 3",
     *       "Encounter": {
     *         "EncounterDateTime": "2025-12-12T20:56:11.0053317+00:00",
     *         "AttendingProviderId": "sample string 1",
     *         "DischargeDateTime": "2025-12-12T20:56:11.0054541+00:00",
     *         "EncounterStatusId": "sample string 2",
     *         "EncounterTypeId": "sample string 3",
     *         "Location": {
     *           "BedId": "sample string 1",
     *           "UnitId": "sample string 2",
     *           "HospitalId": "sample string 3",
     *           "RoomId": "sample string 4"
     *         },
     *         "MedicalServiceId": "sample string 4",
     *         "ReasonForVisit": "sample string 5",
     *         "PatientClassId": "sample string 6",
     *         "AdmitPriorityId": "sample string 7",
     *         "AdmitSourceId": "sample string 8",
     *         "EncounterAlias": "sample string 9",
     *         "GuarantorId": "sample string 10",
     *         "GuarantorTypeId": "sample string 11",
     *         "GuarantorRelationshipToPatientId": "sample string 12",
     *         "Insurances": [
     *           {
     *             "CompanyId": "sample string 1",
     *             "CompanyName": "sample string 2",
     *             "HealthPlanId": "sample string 3",
     *             "GroupName": "sample string 4",
     *             "GroupNumber": "sample string 5",
     *             "EligibilityStatusId": "sample string 6",
     *             "EligibilityStatusDate": "2025-12-12T20:56:11.0065379+00:00",
     *             "SubscriberId": "sample string 7",
     *             "Subscriber": "sample string 8",
     *             "PolicyNumber": "sample string 9",
     *             "PatientRelationshipToSubscriber": "sample string 10",
     *             "SubscriberRelationshipToPatientId": "sample string 11",
     *             "Address": {
     *               "Address1": "sample string 1",
     *               "Address2": "sample string 2",
     *               "Address3": "sample string 3",
     *               "City": "sample string 4",
     *               "State": "sample string 5",
     *               "ZIP": "sample string 6",
     *               "TypeId": "sample string 7",
     *               "County": "sample string 8",
     *               "Country": "sample string 9"
     *             },
     *             "Phones": [
     *               {
     *                 "Number": "sample string 1",
     *                 "TypeId": "sample string 2",
     *                 "Extension": "sample string 3",
     *                 "FormatId": "sample string 4",
     *                 "Contact": "sample string 5"
     *               },
     *               {
     *                 "Number": "sample string 1",
     *                 "TypeId": "sample string 2",
     *                 "Extension": "sample string 3",
     *                 "FormatId": "sample string 4",
     *                 "Contact": "sample string 5"
     *               }
     *             ],
     *             "CustomFields": [
     *               {
     *                 "FieldId": "sample string 1",
     *                 "ResponseValue": "sample string 2"
     *               },
     *               {
     *                 "FieldId": "sample string 1",
     *                 "ResponseValue": "sample string 2"
     *               }
     *             ]
     *           },
     *           {
     *             "CompanyId": "sample string 1",
     *             "CompanyName": "sample string 2",
     *             "HealthPlanId": "sample string 3",
     *             "GroupName": "sample string 4",
     *             "GroupNumber": "sample string 5",
     *             "EligibilityStatusId": "sample string 6",
     *             "EligibilityStatusDate": "2025-12-12T20:56:11.0065379+00:00",
     *             "SubscriberId": "sample string 7",
     *             "Subscriber": "sample string 8",
     *             "PolicyNumber": "sample string 9",
     *             "PatientRelationshipToSubscriber": "sample string 10",
     *             "SubscriberRelationshipToPatientId": "sample string 11",
     *             "Address": {
     *               "Address1": "sample string 1",
     *               "Address2": "sample string 2",
     *               "Address3": "sample string 3",
     *               "City": "sample string 4",
     *               "State": "sample string 5",
     *               "ZIP": "sample string 6",
     *               "TypeId": "sample string 7",
     *               "County": "sample string 8",
     *               "Country": "sample string 9"
     *             },
     *             "Phones": [
     *               {
     *                 "Number": "sample string 1",
     *                 "TypeId": "sample string 2",
     *                 "Extension": "sample string 3",
     *                 "FormatId": "sample string 4",
     *                 "Contact": "sample string 5"
     *               },
     *               {
     *                 "Number": "sample string 1",
     *                 "TypeId": "sample string 2",
     *                 "Extension": "sample string 3",
     *                 "FormatId": "sample string 4",
     *                 "Contact": "sample string 5"
     *               }
     *             ],
     *             "CustomFields": [
     *               {
     *                 "FieldId": "sample string 1",
     *                 "ResponseValue": "sample string 2"
     *               },
     *               {
     *                 "FieldId": "sample string 1",
     *                 "ResponseValue": "sample string 2"
     *               }
     *             ]
     *           }
     *         ],
     *         "FinancialNumber": "sample string 13",
     *         "ProvidersType": [
     *           {
     *             "ProviderId": "sample string 1",
     *             "ProviderType": "sample string 2",
     *             "Address": {
     *               "Address1": "sample string 1",
     *               "Address2": "sample string 2",
     *               "Address3": "sample string 3",
     *               "City": "sample string 4",
     *               "State": "sample string 5",
     *               "ZIP": "sample string 6",
     *               "TypeId": "sample string 7",
     *               "County": "sample string 8",
     *               "Country": "sample string 9"
     *             },
     *             "Email": "sample string 3",
     *             "NPI": "sample string 4",
     *             "LicenseNumber": "sample string 5",
     *             "Phones": [
     *               {
     *                 "Number": "sample string 1",
     *                 "TypeId": "sample string 2",
     *                 "Extension": "sample string 3",
     *                 "FormatId": "sample string 4",
     *                 "Contact": "sample string 5"
     *               },
     *               {
     *                 "Number": "sample string 1",
     *                 "TypeId": "sample string 2",
     *                 "Extension": "sample string 3",
     *                 "FormatId": "sample string 4",
     *                 "Contact": "sample string 5"
     *               }
     *             ],
     *             "InternalSequence": "sample string 6"
     *           },
     *           {
     *             "ProviderId": "sample string 1",
     *             "ProviderType": "sample string 2",
     *             "Address": {
     *               "Address1": "sample string 1",
     *               "Address2": "sample string 2",
     *               "Address3": "sample string 3",
     *               "City": "sample string 4",
     *               "State": "sample string 5",
     *               "ZIP": "sample string 6",
     *               "TypeId": "sample string 7",
     *               "County": "sample string 8",
     *               "Country": "sample string 9"
     *             },
     *             "Email": "sample string 3",
     *             "NPI": "sample string 4",
     *             "LicenseNumber": "sample string 5",
     *             "Phones": [
     *               {
     *                 "Number": "sample string 1",
     *                 "TypeId": "sample string 2",
     *                 "Extension": "sample string 3",
     *                 "FormatId": "sample string 4",
     *                 "Contact": "sample string 5"
     *               },
     *               {
     *                 "Number": "sample string 1",
     *                 "TypeId": "sample string 2",
     *                 "Extension": "sample string 3",
     *                 "FormatId": "sample string 4",
     *                 "Contact": "sample string 5"
     *               }
     *             ],
     *             "InternalSequence": "sample string 6"
     *           }
     *         ],
     *         "ICD10DXCodeIds": [
     *           "sample string 1",
     *           "sample string 2"
     *         ],
     *         "CustomFields": [
     *           {
     *             "FieldId": "sample string 1",
     *             "ResponseValue": "sample string 2"
     *           },
     *           {
     *             "FieldId": "sample string 1",
     *             "ResponseValue": "sample string 2"
     *           }
     *         ],
     *         "FormType": "sample string 14",
     *         "ReferClientId": "sample string 15",
     *         "EstimatedArrivalDateTime": "2025-12-12T20:56:11.0085835+00:00",
     *         "EstimatedLengthOfStay": "sample string 16",
     *         "EstimatedDischargeDateTime": "2025-12-12T20:56:11.0086833+00:00",
     *         "VisitorStatusId": "sample string 17",
     *         "TreatmentPhaseId": "sample string 18",
     *         "PatientValuablesIds": "sample string 19",
     *         "ContributorSystemId": "sample string 20"
     *       },
     *       "LoginId": "sample string 5",
     *       "Password": "sample string 6",
     *       "EmrInstance": "sample string 7",
     *       "ApplicationName": "sample string 8",
     *       "ApplicationKey": null,
     *       "AuthorizationToken": "sample string 10",
     *       "RequestVerboseLogging": true,
     *       "EMRSystem": 0
     *     }
     */
    PatientEncounterRequest: {
      /** @description The EMR user recorded as the author of the encounter. */
      UserId: string
      /** @description The patient, who must already exist in the EMR. */
      PatientId: string
      /** @description The type of PatientId (MRN, enterprise number, FHIR id), as a code of the EMR or HL7 table 0203. */
      PatientIdType?: string | null
      /** @description The encounter to create, in the codes of the target EMR. */
      Encounter: {
        /**
         * Format: date-time
         * @description When the encounter begins or began: admission, arrival or visit. RFC 3339.
         */
        EncounterDateTime?: string | null
        /** @description Identifier in the EMR of the clinician responsible for the patient. */
        AttendingProviderId?: string | null
        /**
         * Format: date-time
         * @description When the patient left; only for an encounter that is over. Not before EncounterDateTime. RFC 3339.
         */
        DischargeDateTime?: string | null
        /** @description State of the encounter: an R4 code (planned, arrived, in-progress, finished), a plain word (scheduled, active, discharged), or a code of the EMR. If left out, it is derived from class and times. Must not contradict them, and cannot be cancelled. */
        EncounterStatusId?: string | null
        /** @description The kind of visit, as a code of the EMR (Cerner: code set 71) or, in FHIR, of SNOMED CT or HL7 table 0004. */
        EncounterTypeId?: string | null
        /** @description The location of the patient in the hospital. */
        Location?: {
          /** @description Code of the bed in the EMR. */
          BedId?: string | null
          /** @description Code in the EMR of the nursing unit, ward, clinic or department. */
          UnitId?: string | null
          /** @description Code of the hospital or facility in the EMR. */
          HospitalId?: string | null
          /** @description Code of the room in the EMR. */
          RoomId?: string | null
        } | null
        /** @description The service that treats the patient (cardiology, surgery), HL7 table 0069 or local. */
        MedicalServiceId?: string | null
        /** @description Why the patient comes, in free text, as at registration. */
        ReasonForVisit?: string | null
        /** @description The patient class, such as inpatient, outpatient or emergency: HL7 table 0004 (I, O, E, P, R, B), FHIR v3-ActCode, or local. */
        PatientClassId?: string | null
        /** @description Urgency of the admission: HL7 table 0217, v3-ActPriority, or Cerner code set 3. */
        AdmitPriorityId?: string | null
        /** @description Where the patient comes from (home, transfer, referral): HL7 table 0023 or local. */
        AdmitSourceId?: string | null
        /** @description A number given to the encounter by another system, such as a visit number. */
        EncounterAlias?: string | null
        /** @description Identifier in the EMR of the guarantor, who pays what insurance does not. */
        GuarantorId?: string | null
        /** @description Whether the guarantor is a person or an organisation: HL7 table 0068 or local. */
        GuarantorTypeId?: string | null
        /** @description Relationship of the guarantor to the patient: HL7 table 0063 or local. */
        GuarantorRelationshipToPatientId?: string | null
        /** @description The insurances that pay, the primary one first. */
        Insurances?:
          | {
              /** @description Identifier of the insurance company (payer) in the EMR. */
              CompanyId?: string | null
              /** @description Name of the insurance company. */
              CompanyName?: string | null
              /** @description Identifier in the EMR of the plan that covers the patient. */
              HealthPlanId?: string | null
              /** @description Name of the group to which the policy belongs, usually an employer. */
              GroupName?: string | null
              /** @description Number of that group at the insurance company. */
              GroupNumber?: string | null
              /** @description Result of the last eligibility check, as a code of the EMR. */
              EligibilityStatusId?: string | null
              /**
               * Format: date-time
               * @description When eligibility was last checked. RFC 3339.
               */
              EligibilityStatusDate?: string | null
              /** @description Member number of the subscriber at the insurance company. */
              SubscriberId?: string | null
              /** @description Name of the subscriber: the person who holds the policy. */
              Subscriber?: string | null
              /** @description Number of the policy. */
              PolicyNumber?: string | null
              /** @description Relationship of the patient to the subscriber (self, spouse, child), as a code of the EMR or HL7 table 0063. */
              PatientRelationshipToSubscriber?: string | null
              /** @description Relationship of the subscriber to the patient (self, spouse, parent), in the same codes. */
              SubscriberRelationshipToPatientId?: string | null
              /** @description Address of the insurance company for claims and letters. */
              Address?: {
                /** @description First address line: street and house number. */
                Address1?: string | null
                /** @description Second address line: apartment, suite, building. */
                Address2?: string | null
                /** @description Third address line. */
                Address3?: string | null
                /** @description City or town. */
                City?: string | null
                /** @description State or province, usually as its two-letter postal code. */
                State?: string | null
                /** @description Postal code; a US one with or without its four additional digits. */
                ZIP?: string | null
                /** @description Use of the address (home, business, mailing), as a code of the EMR or HL7 table 0190. */
                TypeId?: string | null
                /** @description County or parish. */
                County?: string | null
                /** @description Country, usually as an ISO 3166 code. */
                Country?: string | null
              } | null
              /** @description Telephone numbers of the insurance company. */
              Phones?:
                | {
                    /** @description The number as dialled, with area code. */
                    Number?: string | null
                    /** @description Use of the number (home, work, mobile, fax), as a code of the EMR or HL7 table 0201. */
                    TypeId?: string | null
                    /** @description Extension to dial after the number. */
                    Extension?: string | null
                    /** @description Format of the number (domestic, international), as a code of the EMR. */
                    FormatId?: string | null
                    /** @description Name of the person to ask for. */
                    Contact?: string | null
                  }[]
                | null
              /** @description Answers to further questions that this EMR site asks about an insurance. */
              CustomFields?:
                | {
                    /** @description Identifier of the field, as defined by the EMR site. */
                    FieldId?: string | null
                    /** @description The value: free text, or a code from the list of the field. */
                    ResponseValue?: string | null
                  }[]
                | null
            }[]
          | null
        /** @description Number of the account to which the encounter is billed (FIN). */
        FinancialNumber?: string | null
        /** @description The clinicians who take part, each with a role; may include the attending one. */
        ProvidersType?:
          | {
              /** @description Identifier of the provider in the EMR. */
              ProviderId?: string | null
              /** @description Role in this encounter (admitting, attending, consulting, referring), as a code of the EMR or HL7 table 0443. */
              ProviderType?: string | null
              /** @description Address where the provider practises. */
              Address?: {
                /** @description First address line: street and house number. */
                Address1?: string | null
                /** @description Second address line: apartment, suite, building. */
                Address2?: string | null
                /** @description Third address line. */
                Address3?: string | null
                /** @description City or town. */
                City?: string | null
                /** @description State or province, usually as its two-letter postal code. */
                State?: string | null
                /** @description Postal code; a US one with or without its four additional digits. */
                ZIP?: string | null
                /** @description Use of the address (home, business, mailing), as a code of the EMR or HL7 table 0190. */
                TypeId?: string | null
                /** @description County or parish. */
                County?: string | null
                /** @description Country, usually as an ISO 3166 code. */
                Country?: string | null
              } | null
              /** @description E-mail address of the provider. */
              Email?: string | null
              /** @description National Provider Identifier: 10 digits, from the US register NPPES. */
              NPI?: string | null
              /** @description Number of the licence to practise. */
              LicenseNumber?: string | null
              /** @description Telephone numbers of the provider. */
              Phones?:
                | {
                    /** @description The number as dialled, with area code. */
                    Number?: string | null
                    /** @description Use of the number (home, work, mobile, fax), as a code of the EMR or HL7 table 0201. */
                    TypeId?: string | null
                    /** @description Extension to dial after the number. */
                    Extension?: string | null
                    /** @description Format of the number (domestic, international), as a code of the EMR. */
                    FormatId?: string | null
                    /** @description Name of the person to ask for. */
                    Contact?: string | null
                  }[]
                | null
              /** @description Position of this provider among the others, if the EMR keeps an order. */
              InternalSequence?: string | null
            }[]
          | null
        /** @description Diagnoses known at the start, the most important first. */
        ICD10DXCodeIds?: string[] | null
        /** @description Answers to further questions that this EMR site asks about an encounter. */
        CustomFields?:
          | {
              /** @description Identifier of the field, as defined by the EMR site. */
              FieldId?: string | null
              /** @description The value: free text, or a code from the list of the field. */
              ResponseValue?: string | null
            }[]
          | null
        /** @description The registration form or conversation to use in the EMR. */
        FormType?: string | null
        /** @description Identifier in the EMR of the client organisation that refers the patient. */
        ReferClientId?: string | null
        /**
         * Format: date-time
         * @description When a patient who has not arrived is expected. RFC 3339.
         */
        EstimatedArrivalDateTime?: string | null
        /** @description Expected length of stay; most EMRs take whole days. */
        EstimatedLengthOfStay?: string | null
        /**
         * Format: date-time
         * @description When the patient is expected to leave. RFC 3339.
         */
        EstimatedDischargeDateTime?: string | null
        /** @description Which visitors the patient wishes to see, as a code of the EMR. It does not mark a VIP. */
        VisitorStatusId?: string | null
        /** @description Stage of treatment (entry, phase 1, phase 2), as a code of the EMR. */
        TreatmentPhaseId?: string | null
        /** @description Valuables kept for the patient, as a code of the EMR. */
        PatientValuablesIds?: string | null
        /** @description Code in the EMR of the system from which the encounter comes. */
        ContributorSystemId?: string | null
      }
      /** @description The EMR user on whose behalf the encounter is created. Required for every EMR but Epic. Sealed, never logged. Prefer the header of this name, which takes precedence. */
      LoginId?: string | null
      /** @description The password for LoginId; required if LoginId is. Sealed, never logged. Prefer the header of this name, which takes precedence. */
      Password?: string | null
      /** @description The configured connection of this EMR to use. Default `default`. Prefer the header of this name, which takes precedence. */
      EmrInstance?: string | null
      /** @description Name of the calling application; requires ApplicationKey. Prefer the header of this name, which takes precedence. */
      ApplicationName?: string | null
      /** @description Key of the calling application; requires ApplicationName. Never stored or logged. Prefer the header of this name, which takes precedence. */
      ApplicationKey?: string | null
      /** @description A token for the EMR, used in place of LoginId and Password if the EMR accepts one. Sealed, never logged. Prefer the header of this name, which takes precedence. */
      AuthorizationToken?: string | null
      /** @description `true` enables verbose logging of this job, without patient data. Prefer the header of this name, which takes precedence. */
      RequestVerboseLogging?: boolean | string | null
      /** @description May be left out, since the URL names the EMR. A name must be that of the URL; a number is ignored. */
      EMRSystem?: number | string | null
    }
    /** @description Whether this process can do its work. */
    Readiness: {
      /** @description Whether requests can be accepted now; `false` with 503. */
      Ready: boolean
      Checks: {
        /** @description A small test write, which fails if Redis is full, read-only or unreachable. */
        RedisWrite: {
          /**
           * @description Only `failed` makes the process unready.
           * @enum {string}
           */
          Status: 'ok' | 'failed' | 'unknown'
        }
        /** @description `failed` with less than 5 % free; in a cluster, on the fullest node. */
        RedisMemory: {
          /**
           * @description Only `failed` makes the process unready.
           * @enum {string}
           */
          Status: 'ok' | 'failed' | 'unknown'
          /** @description Memory in use by Redis. */
          UsedBytes?: number
          /** @description Its `maxmemory`, or `unlimited`. */
          MaxBytes?: number | string
        }
        /** @description For information: it never makes the process unready. */
        RedisDurability: {
          /**
           * @description Which accepted jobs survive a crash of Redis. `unknown`: Redis does not report it, as with many managed services.
           * @enum {string}
           */
          Level: 'durable' | 'up to one second may be lost' | 'not durable' | 'unknown'
          /** @description `yes`, `no` or `unknown`. */
          AppendOnly: string
          /** @description `always`, `everysec`, `no` or `unknown`. */
          AppendFsync: string
          /** @description Anything but `noeviction` can lose accepted jobs. */
          MaxMemoryPolicy: string
        }
        /** @description For information; in a cluster, of the weakest primary. */
        RedisReplication: {
          /**
           * @description What a failover can lose. `bounded`: at most what the replicas lag behind, since Redis takes writes only while enough of them keep up (`min-replicas-to-write`). `unbounded`: all that a primary takes after it was cut off. `unknown`: Redis does not report it.
           * @enum {string}
           */
          Level: 'no replicas' | 'bounded' | 'unbounded' | 'unknown'
          /** @description Replicas that are connected. */
          Replicas?: number
          /** @description Seconds since the slowest of them reported back. */
          LagSeconds?: number
          /** @description Its `min-replicas-to-write`. */
          MinReplicasToWrite?: number
        }
      }
    }
    /** @description What would be sent to the EMR. Nothing was stored or sent. */
    Preview: {
      EMRSystem: string
      EmrInstance: string
      /** @description In the order in which they would be sent. */
      Messages: {
        /**
         * @description Where it goes: method and path below the EMR's base address, or `MLLP`.
         * @example POST Encounter
         */
        To: string
        /** @example application/fhir+json */
        ContentType: string
        /** @description The message as the EMR would get it. The JobId is `00000000000000000000`; what only the EMR or the login knows is named in parentheses, such as `(patient id)`. */
        Body: string
      }[]
      /** @description JSON Pointers to what the EMR would not get, if it accepts everything that is sent. */
      NotCarried: string[]
    }
    /**
     * @description A new endpoint.
     * @example {
     *       "Url": "https://hooks.example.org/encounters",
     *       "EventTypes": [
     *         "encounter.failed",
     *         "batch.finished"
     *       ]
     *     }
     */
    NewWebhookEndpoint: {
      /** @description Where messages are posted: https, or http if the gateway allows it. Credentials in it (`https://name:password@host/`) become a Basic `Authorization` header. */
      Url: string
      /** @description For people. */
      Description?: string | null
      /** @description The types of messages that it gets; all if absent. `["batch.finished"]`: one message per batch. */
      EventTypes?:
        | (
            | 'encounter.created'
            | 'encounter.failed'
            | 'encounter.outcome_unknown'
            | 'encounter.cancelled'
            | 'encounter.expired'
            | 'batch.finished'
            | 'login.refused'
            | 'endpoint.failing'
            | 'endpoint.disabled'
            | 'webhook.test'
          )[]
        | null
      /** @description The connections whose messages it gets, such as `Cerner.default`; all that the application may use if absent. */
      Connections?: string[] | null
      /**
       * @description `thin` (default): a message names the job; get the rest with your ApplicationKey. `full`: `data.Result` holds the outcome, which is patient data; only for https, and only if you choose it.
       * @enum {string|null}
       */
      Body?: 'thin' | 'full' | null
      /** @description Sent with each message, at most 20. Not those that the gateway sets itself. `Authorization` takes `Basic ...` or `Bearer ...`. */
      Headers?: {
        [key: string]: string
      } | null
      /** @description For mutual TLS. The key is stored sealed and never shown. */
      ClientCertificate?: {
        /** @description PEM, with intermediate certificates. */
        Certificate: string
        /** @description PEM, not encrypted. */
        Key: string
      } | null
      /** @description Messages sent per second at most, over all workers; no limit of its own if absent. */
      RequestsPerSecond?: number | null
      /** @description `false`: nothing is sent; messages wait as long as they are kept. Default `true`. */
      Enabled?: boolean | null
      /**
       * @description `v1` (default): HMAC-SHA256 with a secret that both sides have. `v1a`: ed25519; only the gateway can sign, and you verify with `PublicKey`.
       * @enum {string|null}
       */
      Signature?: 'v1' | 'v1a' | null
    }
    /** @description A webhook endpoint of the application. */
    WebhookEndpoint: {
      /** @description `ep_config` is the one in the configuration of the gateway. */
      EndpointId: string
      /** @description Without credentials. */
      Url?: string
      /** @description For people. */
      Description?: string
      /** @description The types of messages that it gets; all if absent. `["batch.finished"]`: one message per batch. */
      EventTypes?: (
        | 'encounter.created'
        | 'encounter.failed'
        | 'encounter.outcome_unknown'
        | 'encounter.cancelled'
        | 'encounter.expired'
        | 'batch.finished'
        | 'login.refused'
        | 'endpoint.failing'
        | 'endpoint.disabled'
        | 'webhook.test'
      )[]
      /** @description The connections whose messages it gets, such as `Cerner.default`; all that the application may use if absent. */
      Connections?: string[]
      /**
       * @description `thin` (default): a message names the job; get the rest with your ApplicationKey. `full`: `data.Result` holds the outcome, which is patient data; only for https, and only if you choose it.
       * @enum {string}
       */
      Body?: 'thin' | 'full'
      /** @description Those without credentials; see `HiddenHeaders`. */
      Headers?: {
        [key: string]: string
      }
      /** @description Names of headers whose values may be credentials and are not shown. */
      HiddenHeaders?: string[]
      ClientCertificate?: {
        Subject: string
        /**
         * Format: date-time
         * @description When it ends. RFC 3339, UTC.
         */
        ExpiresAt: string
      }
      /** @description Messages sent per second at most, over all workers; no limit of its own if absent. */
      RequestsPerSecond?: number
      /** @description `false`: nothing is sent; messages wait as long as they are kept. Default `true`. */
      Enabled: boolean
      /**
       * @description `v1` (default): HMAC-SHA256 with a secret that both sides have. `v1a`: ed25519; only the gateway can sign, and you verify with `PublicKey`.
       * @enum {string}
       */
      Signature?: 'v1' | 'v1a'
      /** @description With `v1a`: `whpk_` and the base64 of 32 bytes. */
      PublicKey?: string
      /**
       * Format: date-time
       * @description Until when the secret before a rotation signs as well. RFC 3339, UTC.
       */
      OldSecretUntil?: string
      /**
       * Format: date-time
       * @description When it was created. RFC 3339, UTC.
       */
      CreatedAt?: string
      /**
       * @description `Failing`: several messages in a row failed; it is tried with a growing pause. `Disabled`: nothing is sent until `Enabled` is set to `true`.
       * @enum {string}
       */
      State: 'Enabled' | 'Failing' | 'Disabled'
      /**
       * Format: date-time
       * @description Since when it is in this state. RFC 3339, UTC.
       */
      Since?: string
      /** @description Why, in words of the gateway. */
      Reason?: string
      /** @description Messages that wait or are being sent. */
      Pending: number
      /** @description Messages whose retention ended before they could be sent. */
      Missed?: number
      /**
       * Format: date-time
       * @description When it last answered 2xx. RFC 3339, UTC.
       */
      LastSuccessAt?: string
    }
    /**
     * @description What is named is changed, the rest stays; `null` restores the default (RFC 7396).
     * @example {
     *       "Enabled": true,
     *       "Description": null
     *     }
     */
    WebhookEndpointChange: {
      /** @description Where messages are posted: https, or http if the gateway allows it. Credentials in it (`https://name:password@host/`) become a Basic `Authorization` header. */
      Url?: string
      /** @description For people. */
      Description?: string | null
      /** @description The types of messages that it gets; all if absent. `["batch.finished"]`: one message per batch. */
      EventTypes?:
        | (
            | 'encounter.created'
            | 'encounter.failed'
            | 'encounter.outcome_unknown'
            | 'encounter.cancelled'
            | 'encounter.expired'
            | 'batch.finished'
            | 'login.refused'
            | 'endpoint.failing'
            | 'endpoint.disabled'
            | 'webhook.test'
          )[]
        | null
      /** @description The connections whose messages it gets, such as `Cerner.default`; all that the application may use if absent. */
      Connections?: string[] | null
      /**
       * @description `thin` (default): a message names the job; get the rest with your ApplicationKey. `full`: `data.Result` holds the outcome, which is patient data; only for https, and only if you choose it.
       * @enum {string|null}
       */
      Body?: 'thin' | 'full' | null
      /** @description Sent with each message, at most 20. Not those that the gateway sets itself. `Authorization` takes `Basic ...` or `Bearer ...`. Those not named stay; `null` removes one. */
      Headers?: {
        [key: string]: string | null
      } | null
      /** @description For mutual TLS. The key is stored sealed and never shown. */
      ClientCertificate?: {
        /** @description PEM, with intermediate certificates. */
        Certificate: string
        /** @description PEM, not encrypted. */
        Key: string
      } | null
      /** @description Messages sent per second at most, over all workers; no limit of its own if absent. */
      RequestsPerSecond?: number | null
      /** @description `false`: nothing is sent; messages wait as long as they are kept. Default `true`. */
      Enabled?: boolean | null
    }
    /** @description A new endpoint, and its secret. */
    CreatedWebhookEndpoint: {
      /** @description `ep_config` is the one in the configuration of the gateway. */
      EndpointId: string
      /** @description Without credentials. */
      Url?: string
      /** @description For people. */
      Description?: string
      /** @description The types of messages that it gets; all if absent. `["batch.finished"]`: one message per batch. */
      EventTypes?: (
        | 'encounter.created'
        | 'encounter.failed'
        | 'encounter.outcome_unknown'
        | 'encounter.cancelled'
        | 'encounter.expired'
        | 'batch.finished'
        | 'login.refused'
        | 'endpoint.failing'
        | 'endpoint.disabled'
        | 'webhook.test'
      )[]
      /** @description The connections whose messages it gets, such as `Cerner.default`; all that the application may use if absent. */
      Connections?: string[]
      /**
       * @description `thin` (default): a message names the job; get the rest with your ApplicationKey. `full`: `data.Result` holds the outcome, which is patient data; only for https, and only if you choose it.
       * @enum {string}
       */
      Body?: 'thin' | 'full'
      /** @description Those without credentials; see `HiddenHeaders`. */
      Headers?: {
        [key: string]: string
      }
      /** @description Names of headers whose values may be credentials and are not shown. */
      HiddenHeaders?: string[]
      ClientCertificate?: {
        Subject: string
        /**
         * Format: date-time
         * @description When it ends. RFC 3339, UTC.
         */
        ExpiresAt: string
      }
      /** @description Messages sent per second at most, over all workers; no limit of its own if absent. */
      RequestsPerSecond?: number
      /** @description `false`: nothing is sent; messages wait as long as they are kept. Default `true`. */
      Enabled: boolean
      /**
       * @description `v1` (default): HMAC-SHA256 with a secret that both sides have. `v1a`: ed25519; only the gateway can sign, and you verify with `PublicKey`.
       * @enum {string}
       */
      Signature?: 'v1' | 'v1a'
      /** @description With `v1a`: `whpk_` and the base64 of 32 bytes. */
      PublicKey?: string
      /**
       * Format: date-time
       * @description Until when the secret before a rotation signs as well. RFC 3339, UTC.
       */
      OldSecretUntil?: string
      /**
       * Format: date-time
       * @description When it was created. RFC 3339, UTC.
       */
      CreatedAt?: string
      /**
       * @description `Failing`: several messages in a row failed; it is tried with a growing pause. `Disabled`: nothing is sent until `Enabled` is set to `true`.
       * @enum {string}
       */
      State: 'Enabled' | 'Failing' | 'Disabled'
      /**
       * Format: date-time
       * @description Since when it is in this state. RFC 3339, UTC.
       */
      Since?: string
      /** @description Why, in words of the gateway. */
      Reason?: string
      /** @description Messages that wait or are being sent. */
      Pending: number
      /** @description Messages whose retention ended before they could be sent. */
      Missed?: number
      /**
       * Format: date-time
       * @description When it last answered 2xx. RFC 3339, UTC.
       */
      LastSuccessAt?: string
      /** @description With `v1`: `whsec_` and the base64 of 32 bytes. Shown here and never again; store it. */
      Secret?: string
      /** @description What was understood otherwise than written. */
      Notes?: string[]
    }
    /** @description An endpoint after a change. */
    ChangedWebhookEndpoint: {
      /** @description `ep_config` is the one in the configuration of the gateway. */
      EndpointId: string
      /** @description Without credentials. */
      Url?: string
      /** @description For people. */
      Description?: string
      /** @description The types of messages that it gets; all if absent. `["batch.finished"]`: one message per batch. */
      EventTypes?: (
        | 'encounter.created'
        | 'encounter.failed'
        | 'encounter.outcome_unknown'
        | 'encounter.cancelled'
        | 'encounter.expired'
        | 'batch.finished'
        | 'login.refused'
        | 'endpoint.failing'
        | 'endpoint.disabled'
        | 'webhook.test'
      )[]
      /** @description The connections whose messages it gets, such as `Cerner.default`; all that the application may use if absent. */
      Connections?: string[]
      /**
       * @description `thin` (default): a message names the job; get the rest with your ApplicationKey. `full`: `data.Result` holds the outcome, which is patient data; only for https, and only if you choose it.
       * @enum {string}
       */
      Body?: 'thin' | 'full'
      /** @description Those without credentials; see `HiddenHeaders`. */
      Headers?: {
        [key: string]: string
      }
      /** @description Names of headers whose values may be credentials and are not shown. */
      HiddenHeaders?: string[]
      ClientCertificate?: {
        Subject: string
        /**
         * Format: date-time
         * @description When it ends. RFC 3339, UTC.
         */
        ExpiresAt: string
      }
      /** @description Messages sent per second at most, over all workers; no limit of its own if absent. */
      RequestsPerSecond?: number
      /** @description `false`: nothing is sent; messages wait as long as they are kept. Default `true`. */
      Enabled: boolean
      /**
       * @description `v1` (default): HMAC-SHA256 with a secret that both sides have. `v1a`: ed25519; only the gateway can sign, and you verify with `PublicKey`.
       * @enum {string}
       */
      Signature?: 'v1' | 'v1a'
      /** @description With `v1a`: `whpk_` and the base64 of 32 bytes. */
      PublicKey?: string
      /**
       * Format: date-time
       * @description Until when the secret before a rotation signs as well. RFC 3339, UTC.
       */
      OldSecretUntil?: string
      /**
       * Format: date-time
       * @description When it was created. RFC 3339, UTC.
       */
      CreatedAt?: string
      /**
       * @description `Failing`: several messages in a row failed; it is tried with a growing pause. `Disabled`: nothing is sent until `Enabled` is set to `true`.
       * @enum {string}
       */
      State: 'Enabled' | 'Failing' | 'Disabled'
      /**
       * Format: date-time
       * @description Since when it is in this state. RFC 3339, UTC.
       */
      Since?: string
      /** @description Why, in words of the gateway. */
      Reason?: string
      /** @description Messages that wait or are being sent. */
      Pending: number
      /** @description Messages whose retention ended before they could be sent. */
      Missed?: number
      /**
       * Format: date-time
       * @description When it last answered 2xx. RFC 3339, UTC.
       */
      LastSuccessAt?: string
      /** @description What was understood otherwise than written. */
      Notes?: string[]
    }
    /** @description The state and the tries of a message to one endpoint. */
    WebhookDelivery: {
      /** @description The `webhook-id`, the same at every try. */
      MessageId: string
      /** @enum {string} */
      Type:
        | 'encounter.created'
        | 'encounter.failed'
        | 'encounter.outcome_unknown'
        | 'encounter.cancelled'
        | 'encounter.expired'
        | 'batch.finished'
        | 'login.refused'
        | 'endpoint.failing'
        | 'endpoint.disabled'
        | 'webhook.test'
      /**
       * @description `Waiting`: not sent yet, being sent, or to be tried again. `Delivered`: answered 2xx. `Failed`: given up; `Resend` and `Recover` send it again.
       * @enum {string}
       */
      Status: 'Waiting' | 'Delivered' | 'Failed'
      /**
       * Format: date-time
       * @description When the message was made. RFC 3339, UTC.
       */
      CreatedAt: string
      JobId?: string
      BatchId?: string
      /**
       * @description The EMR in which the encounter is created.
       * @enum {string}
       */
      EMRSystem?: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
      EmrInstance?: string
      /** @description Newest last; the newest 20. */
      Tries: {
        /**
         * Format: date-time
         * @description When it began. RFC 3339, UTC.
         */
        At: string
        DurationMs: number
        /** @description The status of the answer, if there was one. */
        StatusCode?: number
        /** @description Why it failed, in words of the gateway. */
        Error?: string
        /**
         * Format: date-time
         * @description When the next one is made; absent after the last one. RFC 3339, UTC.
         */
        NextAt?: string
      }[]
    }
    /** @description Messages of the application, oldest first. */
    WebhookEvents: {
      /** @description Oldest first. */
      Events: {
        /** @description Its place: `After` for what follows it. */
        Cursor: string
        /** @description The `webhook-id` that endpoints get. */
        MessageId: string
        /** @enum {string} */
        type:
          | 'encounter.created'
          | 'encounter.failed'
          | 'encounter.outcome_unknown'
          | 'encounter.cancelled'
          | 'encounter.expired'
          | 'batch.finished'
          | 'login.refused'
          | 'endpoint.failing'
          | 'endpoint.disabled'
          | 'webhook.test'
        /**
         * Format: date-time
         * @description When it happened. RFC 3339, UTC.
         */
        timestamp: string
        /** @description As in the webhook of this type. */
        data: {
          [key: string]: unknown
        }
      }[]
      /** @description Pass it as `After` next time, also if there were no events. */
      After?: string
      /** @description Messages after your `After` that are no longer kept. */
      Missed?: number
    }
    /** @description A job has ended. */
    EncounterMessage: {
      /** @enum {string} */
      type:
        | 'encounter.created'
        | 'encounter.failed'
        | 'encounter.outcome_unknown'
        | 'encounter.cancelled'
        | 'encounter.expired'
      /**
       * Format: date-time
       * @description When it happened. RFC 3339, UTC.
       */
      timestamp: string
      data: {
        /** @description The job; get the rest with it. */
        JobId: string
        /** @description The batch, if the job came with one. */
        BatchId?: string
        /**
         * @description The EMR in which the encounter is created.
         * @enum {string}
         */
        EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
        /** @description The connection to that EMR. */
        EmrInstance: string
        /** @description The status that a waiting request was or would have been answered with. */
        StatusCode: number
        /** @description Only in full messages: what `GET /Jobs/{JobId}` has of the outcome, or a `Problem`. Patient data. */
        Result?: unknown
      }
    }
    /** @description Every item of a batch has ended. */
    BatchMessage: {
      /** @enum {string} */
      type: 'batch.finished'
      /**
       * Format: date-time
       * @description When it happened. RFC 3339, UTC.
       */
      timestamp: string
      data: {
        BatchId: string
        /**
         * @description The EMR in which the encounter is created.
         * @enum {string}
         */
        EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
        /** @description The connection to that EMR. */
        EmrInstance: string
      }
    }
    /** @description An EMR refuses a login several times in a row; its jobs wait for new credentials. */
    LoginMessage: {
      /** @enum {string} */
      type: 'login.refused'
      /**
       * Format: date-time
       * @description When it happened. RFC 3339, UTC.
       */
      timestamp: string
      data: {
        /** @description The job that was refused last: its login is meant. */
        JobId: string
        /**
         * @description The EMR in which the encounter is created.
         * @enum {string}
         */
        EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
        /** @description The connection to that EMR. */
        EmrInstance: string
        StatusCode: number
      }
    }
    /** @description Another endpoint of the application answers no message: it will be, or is, disabled. */
    EndpointMessage: {
      /** @enum {string} */
      type: 'endpoint.failing' | 'endpoint.disabled'
      /**
       * Format: date-time
       * @description When it happened. RFC 3339, UTC.
       */
      timestamp: string
      data: {
        EndpointId: string
        /**
         * Format: date-time
         * @description Since when no message was delivered. RFC 3339, UTC.
         */
        FailingSince: string
        /** @description How much of the time has passed after which it is disabled. */
        Percent?: number
        /** @description Why it was disabled. */
        Reason?: string
      }
    }
    /** @description A test that the application ordered. */
    TestMessage: {
      /** @enum {string} */
      type: 'webhook.test'
      /**
       * Format: date-time
       * @description When it happened. RFC 3339, UTC.
       */
      timestamp: string
      data: {
        EndpointId: string
      }
    }
  }
  responses: never
  parameters: never
  requestBodies: never
  headers: never
  pathItems: never
}
export type $defs = Record<string, never>
export interface operations {
  getMetrics: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The metrics. */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'text/plain': string
        }
      }
    }
  }
  createPatientEncounter: {
    parameters: {
      query?: {
        /** @description Replies with what would be sent to the EMR, and creates nothing. The request is checked as usual; Prefer and Idempotency-Key have no effect. */
        DryRun?: boolean
      }
      header?: {
        /** @description The EMR user on whose behalf the encounter is created. Required for every EMR but Epic. Sealed, never logged. */
        LoginId?: string
        /** @description The password for LoginId; required if LoginId is. Sealed, never logged. */
        Password?: string
        /** @description The configured connection of this EMR to use. Default `default`. */
        EmrInstance?: string
        /** @description A token for the EMR, used in place of LoginId and Password if the EMR accepts one. Sealed, never logged. */
        AuthorizationToken?: string
        /** @description `true` enables verbose logging of this job, without patient data. Default `false`. */
        RequestVerboseLogging?: string
        /** @description `wait=N`: wait up to N seconds (at most 60) for the outcome. `respond-async`: reply at once. */
        Prefer?: string
        /** @description 1 to 255 characters. A key makes a request safe to send again: with the same content it returns the same job or batch; with different content it is refused with 422 and the JobId or BatchId of the key. A key belongs to one application and connection. It is remembered until the job, or the last item of the batch, has ended, and then for as long as results are kept (`resultHours`, default 72). After that it is a new key and creates new encounters, also for the same content. */
        'Idempotency-Key'?: string
      }
      path: {
        /** @description The EMR, in any letter case: Allscripts, Athena, Cerner, Epic, Meditech or Sandbox. */
        EMRSystem: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['PatientEncounterRequest']
      }
    }
    responses: {
      /** @description What would be sent to the EMR. Only with `DryRun=true`. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Preview']
        }
      }
      /** @description The encounter exists in the EMR. Only with `Prefer: wait=N`. */
      201: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description The path of the job or batch. */
          Location?: string
          /** @description The applied preferences of the `Prefer` header. */
          'Preference-Applied'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['EncounterCreated']
        }
      }
      /** @description The job is accepted and durable, and has not ended yet. */
      202: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description The path of the job or batch. */
          Location?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description The applied preferences of the `Prefer` header. */
          'Preference-Applied'?: string
          /** @description `true`: the Idempotency-Key was used before; the reply is its job or batch. */
          'Idempotency-Replayed'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Job']
        }
      }
      /** @description `invalid-json`: The body is not valid JSON. `invalid-request`: The request is not valid. `invalid-header`: A header of the request is not valid. `emr-rejected-content`: The EMR rejected the content. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. `emr-login-failed`: The EMR rejected the login. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `forbidden`: The application may not use this EMR. `emr-refused-user`: The EMR does not allow the user to do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unknown-emr-system`: Unknown EMR system. `unknown-connection`: No connection to this EMR is configured. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `outcome-unknown`: It is not known whether the EMR created the encounter. `emr-timeout`: The EMR did not answer in time. `expired`: The job did not finish before its deadline. */
      408: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `cancelled`: The job was cancelled before it was sent to the EMR. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `payload-too-large`: The body is too large. */
      413: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported-media-type`: Unsupported media type. */
      415: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `idempotency-mismatch`: The Idempotency-Key was already used with different content. */
      422: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. `queue-full`: Too many jobs are waiting. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. `dispatch-failed`: The gateway failed to send the encounter. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `emr-unavailable`: The EMR could not be reached or was unavailable. */
      502: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getJob: {
    parameters: {
      query?: never
      header?: {
        /** @description `wait=N`: wait up to N seconds (at most 60) for the outcome. `respond-async`: reply at once. */
        Prefer?: string
        /** @description The ETag of an earlier reply: returns 304 if the job has not changed. */
        'If-None-Match'?: string
      }
      path: {
        /** @description The JobId from the 202 reply. */
        JobId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The job. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Identifies this state of the job; send it as `If-None-Match`. */
          ETag?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description The applied preferences of the `Prefer` header. */
          'Preference-Applied'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Job']
        }
      }
      /** @description The job has not changed. */
      304: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Identifies this state of the job; send it as `If-None-Match`. */
          ETag?: string
          [name: string]: unknown
        }
        content?: never
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  cancelJob: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The JobId from the 202 reply. */
        JobId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The job is cancelled. */
      204: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content?: never
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getJobResult: {
    parameters: {
      query?: never
      header?: {
        /** @description `wait=N`: wait up to N seconds (at most 60) for the outcome. `respond-async`: reply at once. */
        Prefer?: string
      }
      path: {
        /** @description The JobId from the 202 reply. */
        JobId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The encounter exists in the EMR. */
      201: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description The applied preferences of the `Prefer` header. */
          'Preference-Applied'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['EncounterCreated']
        }
      }
      /** @description The job is accepted and durable, and has not ended yet. */
      202: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description The path of the job or batch. */
          Location?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description The applied preferences of the `Prefer` header. */
          'Preference-Applied'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Job']
        }
      }
      /** @description `emr-rejected-content`: The EMR rejected the content. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. `emr-login-failed`: The EMR rejected the login. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `emr-refused-user`: The EMR does not allow the user to do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `outcome-unknown`: It is not known whether the EMR created the encounter. `emr-timeout`: The EMR did not answer in time. `expired`: The job did not finish before its deadline. */
      408: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `cancelled`: The job was cancelled before it was sent to the EMR. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `gone`: No longer available. */
      410: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. `dispatch-failed`: The gateway failed to send the encounter. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `emr-unavailable`: The EMR could not be reached or was unavailable. */
      502: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  retryJob: {
    parameters: {
      query?: never
      header?: {
        /** @description The EMR user on whose behalf the encounter is created. Required for every EMR but Epic. Sealed, never logged. */
        LoginId?: string
        /** @description The password for LoginId; required if LoginId is. Sealed, never logged. */
        Password?: string
        /** @description A token for the EMR, used in place of LoginId and Password if the EMR accepts one. Sealed, never logged. */
        AuthorizationToken?: string
      }
      path: {
        /** @description The JobId from the 202 reply. */
        JobId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The job is accepted and durable, and has not ended yet. */
      202: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description The path of the job or batch. */
          Location?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description The applied preferences of the `Prefer` header. */
          'Preference-Applied'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Job']
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `gone`: No longer available. */
      410: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listJobs: {
    parameters: {
      query?: {
        /** @description The state of the job. `Queued`: waiting for its first attempt. `Running`: an attempt is in progress. `Retrying`: waiting for its next attempt. `Parked`: held back, without spending attempts, until the EMR is available. Terminal states: `Succeeded`, `Failed`, `OutcomeUnknown` (the encounter may or may not exist in the EMR; an operator must check), `Cancelled`, `Expired` (its deadline passed before it finished). */
        Status?:
          | 'Queued'
          | 'Running'
          | 'Retrying'
          | 'Parked'
          | 'Succeeded'
          | 'Failed'
          | 'OutcomeUnknown'
          | 'Cancelled'
          | 'Expired'
        /** @description Only jobs for this EMR. */
        EMRSystem?: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
        /** @description Only jobs for this connection of an EMR. */
        EmrInstance?: string
        /** @description Only jobs whose outcome has this status code. */
        StatusCode?: number
        /** @description Only jobs from this time on. RFC 3339. */
        From?: string
        /** @description Only jobs up to this time. RFC 3339. */
        To?: string
        /** @description The time that `From` and `To` are about. `FinishedAt` requires one of the four states listed by it, and is the default there; `CreatedAt` is the default, and the only choice, otherwise. */
        By?: 'CreatedAt' | 'FinishedAt'
        /** @description Only jobs of this batch, in the order of its items. */
        BatchId?: string
        /** @description The `Cursor` of the previous page. */
        Cursor?: string
        /** @description Number of jobs per page. Default 50. */
        Limit?: number
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description One page of jobs. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description The jobs of this page, newest first. */
            Jobs: components['schemas']['Job'][]
            /** @description Pass it as `Cursor` to get the next page; absent on the last page. */
            Cursor?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listConnections: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The connections, in the order of the configuration. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            Connections: {
              /**
               * @description The EMR in which the encounter is created.
               * @enum {string}
               */
              EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
              /** @description As sent in `EmrInstance`. */
              EmrInstance: string
              /**
               * @description `Sick`: the EMR fails or does not answer, and is tried now and then. `Paused`: an operator or the EMR itself asked for a pause. In either state jobs are accepted and wait, without spending attempts, until their deadline.
               * @enum {string}
               */
              State: 'Healthy' | 'Sick' | 'Paused'
              /** @description Why it is not `Healthy`. */
              Reason?: string
              /**
               * Format: date-time
               * @description Since when it is not `Healthy`. RFC 3339, UTC.
               */
              Since?: string
              /**
               * Format: date-time
               * @description When the EMR is called again, as far as that is known. RFC 3339, UTC.
               */
              NextTryAt?: string
              /** @description `false`: an operator drains the connection; new requests get a 503. */
              Accepting: boolean
              /** @description Jobs of the calling application that have not ended. */
              Pending: number
              /** @description At this number of pending jobs new ones are refused with a 429. */
              MaxPending: number
              /** @description Calls to this EMR at once, for all applications together. */
              Concurrency: number
              /** @description Calls to this EMR per second, for all applications together. */
              RequestsPerSecond: number
              /** @description Calls that are made for one job at most. */
              MaxAttempts: number
              /** @description A job that nobody could send ends `Expired` after this time. */
              DeadlineHours: number
            }[]
          }
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getBatch: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The BatchId from the 202 reply. */
        BatchId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The batch. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Batch']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  cancelBatch: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The BatchId from the 202 reply. */
        BatchId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The batch is being cancelled. */
      202: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Batch']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getBatchResults: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The BatchId from the 202 reply. */
        BatchId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description One line per item. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/x-ndjson': components['schemas']['BatchItem']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getBatchEvents: {
    parameters: {
      query?: never
      header?: {
        /** @description The last `id` received. */
        'Last-Event-ID'?: string
      }
      path: {
        /** @description The BatchId from the 202 reply. */
        BatchId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The events. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'text/event-stream': string
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  retryBatch: {
    parameters: {
      query?: {
        /** @description The state of the items to retry. Default `Failed`. For `OutcomeUnknown` the EMR is asked first, if it can be. `Expired` and `Cancelled` items do not exist in the EMR. */
        Status?: 'Failed' | 'OutcomeUnknown' | 'Expired' | 'Cancelled'
        /** @description Only count the matching items. */
        DryRun?: boolean
      }
      header?: {
        /** @description The EMR user on whose behalf the encounter is created. Required for every EMR but Epic. Sealed, never logged. */
        LoginId?: string
        /** @description The password for LoginId; required if LoginId is. Sealed, never logged. */
        Password?: string
        /** @description A token for the EMR, used in place of LoginId and Password if the EMR accepts one. Sealed, never logged. */
        AuthorizationToken?: string
      }
      path: {
        /** @description The BatchId from the 202 reply. */
        BatchId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The number of matching items; nothing was changed. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['BatchRetry']
        }
      }
      /** @description The items wait for their turn again. */
      202: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['BatchRetry']
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  findBatch: {
    parameters: {
      query?: never
      header?: {
        /** @description The configured connection of this EMR to use. Default `default`. */
        EmrInstance?: string
        /** @description 1 to 255 characters. A key makes a request safe to send again: with the same content it returns the same job or batch; with different content it is refused with 422 and the JobId or BatchId of the key. A key belongs to one application and connection. It is remembered until the job, or the last item of the batch, has ended, and then for as long as results are kept (`resultHours`, default 72). After that it is a new key and creates new encounters, also for the same content. */
        'Idempotency-Key'?: string
      }
      path: {
        /** @description The EMR, in any letter case. */
        EMRSystem: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The batch. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description The path of the job or batch. */
          Location?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Batch']
        }
      }
      /** @description `invalid-header`: A header of the request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `forbidden`: The application may not use this EMR. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. `unknown-emr-system`: Unknown EMR system. `unknown-connection`: No connection to this EMR is configured. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  createBatch: {
    parameters: {
      query?: never
      header?: {
        /** @description The configured connection of this EMR to use. Default `default`. */
        EmrInstance?: string
        /** @description The EMR user on whose behalf the encounter is created. Required for every EMR but Epic. Sealed, never logged. */
        LoginId?: string
        /** @description The password for LoginId; required if LoginId is. Sealed, never logged. */
        Password?: string
        /** @description A token for the EMR, used in place of LoginId and Password if the EMR accepts one. Sealed, never logged. */
        AuthorizationToken?: string
        /** @description `true` enables verbose logging of this job, without patient data. Default `false`. */
        RequestVerboseLogging?: string
        /** @description 1 to 255 characters. A key makes a request safe to send again: with the same content it returns the same job or batch; with different content it is refused with 422 and the JobId or BatchId of the key. A key belongs to one application and connection. It is remembered until the job, or the last item of the batch, has ended, and then for as long as results are kept (`resultHours`, default 72). After that it is a new key and creates new encounters, also for the same content. */
        'Idempotency-Key'?: string
      }
      path: {
        /** @description The EMR, in any letter case. */
        EMRSystem: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': unknown
      }
    }
    responses: {
      /** @description The stream was read to its end; all accepted items are durable. */
      202: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description The path of the job or batch. */
          Location?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description `true`: the Idempotency-Key was used before; the reply is its job or batch. */
          'Idempotency-Replayed'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Batch']
        }
      }
      /** @description `invalid-json`: The body is not valid JSON. `invalid-request`: The request is not valid. `invalid-header`: A header of the request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `forbidden`: The application may not use this EMR. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unknown-emr-system`: Unknown EMR system. `unknown-connection`: No connection to this EMR is configured. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `upload-stalled`: The upload stalled. */
      408: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `payload-too-large`: The body is too large. */
      413: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported-media-type`: Unsupported media type. */
      415: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `idempotency-mismatch`: The Idempotency-Key was already used with different content. */
      422: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. `queue-full`: Too many jobs are waiting. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listWebhookEndpoints: {
    parameters: {
      query?: {
        /** @description The `Cursor` of the previous page. */
        Cursor?: string
        /** @description Number of endpoints per page. Default 50. */
        Limit?: number
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description One page of endpoints. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description The configured one first, then by age. */
            WebhookEndpoints: components['schemas']['WebhookEndpoint'][]
            /** @description Pass it as `Cursor` to get the next page; absent on the last page. */
            Cursor?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  createWebhookEndpoint: {
    parameters: {
      query?: never
      header?: {
        /** @description 1 to 255 characters. The same key with the same body makes one endpoint; for 24 hours, and until its secret is rotated, the reply has the secret again. */
        'Idempotency-Key'?: string
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['NewWebhookEndpoint']
      }
    }
    responses: {
      /** @description The endpoint, and its secret. */
      201: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description The path of the job or batch. */
          Location?: string
          /** @description `true`: the Idempotency-Key was used before; the reply is its job or batch. */
          'Idempotency-Replayed'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['CreatedWebhookEndpoint']
        }
      }
      /** @description `invalid-request`: The request is not valid. `invalid-header`: A header of the request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `idempotency-mismatch`: The Idempotency-Key was already used with different content. */
      422: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getWebhookEndpoint: {
    parameters: {
      query?: never
      header?: {
        /** @description The ETag of an earlier reply: returns 304 if the endpoint has not changed. */
        'If-None-Match'?: string
      }
      path: {
        /** @description The EndpointId from the reply of POST. */
        EndpointId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The endpoint. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Identifies this state of the job; send it as `If-None-Match`. */
          ETag?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['WebhookEndpoint']
        }
      }
      /** @description The endpoint has not changed. */
      304: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Identifies this state of the job; send it as `If-None-Match`. */
          ETag?: string
          [name: string]: unknown
        }
        content?: never
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  deleteWebhookEndpoint: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The EndpointId from the reply of POST. */
        EndpointId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The endpoint is deleted. */
      204: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content?: never
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  changeWebhookEndpoint: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The EndpointId from the reply of POST. */
        EndpointId: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['WebhookEndpointChange']
      }
    }
    responses: {
      /** @description The endpoint. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['ChangedWebhookEndpoint']
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  rotateWebhookSecret: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The EndpointId from the reply of POST. */
        EndpointId: string
      }
      cookie?: never
    }
    /** @description How to rotate. */
    requestBody: {
      content: {
        'application/json': {
          /** @description For how long the old secrets sign as well, in hours; default 24. 0 ends them at once. */
          OverlapHours?: number | null
          /**
           * @description The kind of the new one; as before if absent.
           * @enum {string|null}
           */
          Signature?: 'v1' | 'v1a' | null
        }
      }
    }
    responses: {
      /** @description The new secret. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            EndpointId: string
            /**
             * @description `v1` (default): HMAC-SHA256 with a secret that both sides have. `v1a`: ed25519; only the gateway can sign, and you verify with `PublicKey`.
             * @enum {string}
             */
            Signature: 'v1' | 'v1a'
            /** @description With `v1`: `whsec_` and the base64 of 32 bytes. Shown here and never again; store it. */
            Secret?: string
            /** @description With `v1a`: `whpk_` and the base64 of 32 bytes. */
            PublicKey?: string
            /**
             * Format: date-time
             * @description Until when the secret before a rotation signs as well. RFC 3339, UTC.
             */
            OldSecretUntil?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  testWebhookEndpoint: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The EndpointId from the reply of POST. */
        EndpointId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The message waits to be sent. */
      202: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description The path of the job or batch. */
          Location?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description Its delivery: `GET .../Deliveries/{MessageId}`. */
            MessageId: string
          }
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  recoverWebhookEndpoint: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The EndpointId from the reply of POST. */
        EndpointId: string
      }
      cookie?: never
    }
    /** @description What to send. */
    requestBody: {
      content: {
        'application/json': {
          /**
           * Format: date-time
           * @description Messages made from this time on. RFC 3339.
           */
          Since: string
          /** @description `true`: only count. */
          DryRun?: boolean
        }
      }
    }
    responses: {
      /** @description How many there are, or are sent now. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description Messages since then that the endpoint wants and has not received. */
            Count: number
            /**
             * Format: date-time
             * @description Messages before it are no longer kept. RFC 3339, UTC.
             */
            KeptSince: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listWebhookDeliveries: {
    parameters: {
      query?: {
        /** @description `Waiting`: not sent yet, being sent, or to be tried again. `Delivered`: answered 2xx. `Failed`: given up; `Resend` and `Recover` send it again. */
        Status?: 'Waiting' | 'Delivered' | 'Failed'
        /** @description None before this time. RFC 3339. The time that orders the list is meant. */
        Since?: string
        /** @description The `Cursor` of the previous page. */
        Cursor?: string
        /** @description Number of deliveries per page. Default 50. */
        Limit?: number
      }
      header?: never
      path: {
        /** @description The EndpointId from the reply of POST. */
        EndpointId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description One page of deliveries. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description Newest first. */
            Deliveries: components['schemas']['WebhookDelivery'][]
            /** @description Pass it as `Cursor` to get the next page; absent on the last page. */
            Cursor?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getWebhookDelivery: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The EndpointId from the reply of POST. */
        EndpointId: string
        /** @description The `webhook-id` of the message. */
        MessageId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The delivery. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['WebhookDelivery']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  resendWebhookMessage: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @description The EndpointId from the reply of POST. */
        EndpointId: string
        /** @description The `webhook-id` of the message. */
        MessageId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The message waits to be sent. */
      202: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description The path of the job or batch. */
          Location?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description Its delivery: `GET .../Deliveries/{MessageId}`. */
            MessageId: string
          }
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listEvents: {
    parameters: {
      query?: {
        /** @description The `After` of the previous reply, or the `Cursor` of an event. */
        After?: string
        /** @description Number of events per reply. Default 100. */
        Limit?: number
      }
      header?: {
        /** @description `wait=N`: wait up to N seconds (at most 60) for the outcome. `respond-async`: reply at once. */
        Prefer?: string
      }
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The events. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description The applied preferences of the `Prefer` header. */
          'Preference-Applied'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['WebhookEvents']
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: Unknown application or wrong key. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `too-many-requests`: Too many requests. */
      429: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          /** @description Number of requests that the application may send per window. */
          'RateLimit-Policy'?: string
          /** @description Number of requests left in this window, and the seconds until its end. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getLiveness: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The process answers. */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': {
            Alive: boolean
          }
        }
      }
    }
  }
  getReadiness: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Whether this process can do its work. */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Readiness']
        }
      }
      /** @description Whether this process can do its work. */
      503: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Readiness']
        }
      }
    }
  }
  listOperatorConnections: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The connections. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            Connections: {
              /**
               * @description The EMR in which the encounter is created.
               * @enum {string}
               */
              EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
              EmrInstance: string
              Connector: string
              /**
               * @description `Sick`: the breaker is open. `Throttled`: the EMR asked for a pause. `Slow`: 5% of the calls take more than half of their time-out. `NoWorkers`: no worker process gives a sign of life. `Paused`: an operator ordered it.
               * @enum {string}
               */
              State: 'Healthy' | 'Slow' | 'Sick' | 'Throttled' | 'Paused' | 'NoWorkers'
              /**
               * Format: date-time
               * @description Since when it is in this state. RFC 3339, UTC.
               */
              Since?: string
              /** @description Why, in words of the gateway. */
              Cause?: string
              /** @description Jobs that have not ended. */
              Pending: number
              /**
               * Format: date-time
               * @description When the oldest of them was accepted or retried. RFC 3339, UTC.
               */
              OldestPendingAt?: string
              /** @description Jobs that a worker has taken. */
              Running: number
              /** @description Jobs that are held back without spending attempts. */
              Parked: number
              /** @description Jobs that ended `OutcomeUnknown` and wait for a person. */
              InDoubt: number
              /** @description Average of the last five minutes. */
              AcceptedPerMinute: number
              /** @description Average of the last five minutes. */
              EndedPerMinute: number
              /** @description When nothing will be left at this rate; absent if the jobs do not get fewer. */
              EmptyInSeconds?: number
              /** @description Duration that 95% of the calls of the last minutes did not exceed. */
              P95Ms?: number
              /**
               * Format: date-time
               * @description When the EMR is tried again. RFC 3339, UTC.
               */
              NextProbeAt?: string
              /** @description Calls at once over all workers, as in force. */
              Concurrency: number
              /** @description Jobs started per second over all workers, as in force. */
              RequestsPerSecond: number
              /** @description Worker processes that give signs of life. */
              Workers: number
              /** @description `true`: nothing new is accepted. */
              Draining?: boolean
              /** @description The operator who paused, held, drained or limited it. */
              OrderedBy?: string
              /** @description The reason that operator gave. */
              Reason?: string
              /**
               * Format: date-time
               * @description When that ends by itself. RFC 3339, UTC.
               */
              Until?: string
            }[]
          }
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getOperatorConnection: {
    parameters: {
      query?: never
      header?: never
      path: {
        EMRSystem: string
        EmrInstance: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The connection. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /**
             * @description The EMR in which the encounter is created.
             * @enum {string}
             */
            EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
            EmrInstance: string
            Connector: string
            /**
             * @description `Sick`: the breaker is open. `Throttled`: the EMR asked for a pause. `Slow`: 5% of the calls take more than half of their time-out. `NoWorkers`: no worker process gives a sign of life. `Paused`: an operator ordered it.
             * @enum {string}
             */
            State: 'Healthy' | 'Slow' | 'Sick' | 'Throttled' | 'Paused' | 'NoWorkers'
            /**
             * Format: date-time
             * @description Since when it is in this state. RFC 3339, UTC.
             */
            Since?: string
            /** @description Why, in words of the gateway. */
            Cause?: string
            /** @description Jobs that have not ended. */
            Pending: number
            /**
             * Format: date-time
             * @description When the oldest of them was accepted or retried. RFC 3339, UTC.
             */
            OldestPendingAt?: string
            /** @description Jobs that a worker has taken. */
            Running: number
            /** @description Jobs that are held back without spending attempts. */
            Parked: number
            /** @description Jobs that ended `OutcomeUnknown` and wait for a person. */
            InDoubt: number
            /** @description Average of the last five minutes. */
            AcceptedPerMinute: number
            /** @description Average of the last five minutes. */
            EndedPerMinute: number
            /** @description When nothing will be left at this rate; absent if the jobs do not get fewer. */
            EmptyInSeconds?: number
            /** @description Duration that 95% of the calls of the last minutes did not exceed. */
            P95Ms?: number
            /**
             * Format: date-time
             * @description When the EMR is tried again. RFC 3339, UTC.
             */
            NextProbeAt?: string
            /** @description Calls at once over all workers, as in force. */
            Concurrency: number
            /** @description Jobs started per second over all workers, as in force. */
            RequestsPerSecond: number
            /** @description Worker processes that give signs of life. */
            Workers: number
            /** @description `true`: nothing new is accepted. */
            Draining?: boolean
            /** @description The operator who paused, held, drained or limited it. */
            OrderedBy?: string
            /** @description The reason that operator gave. */
            Reason?: string
            /**
             * Format: date-time
             * @description When that ends by itself. RFC 3339, UTC.
             */
            Until?: string
            /** @description The last 48 hours, oldest first, without minutes in which nothing happened. */
            Minutes: {
              /**
               * Format: date-time
               * @description The beginning of the minute. RFC 3339, UTC.
               */
              At: string
              Accepted: number
              /** @description By status. */
              Ended: {
                [key: string]: number
              }
              /** @description Calls that create, by code. */
              Calls: {
                [key: string]: number
              }
              /** @description Calls that ask for an encounter, by code. */
              Finds: {
                [key: string]: number
              }
              P95Ms?: number
            }[]
            Applications: {
              Name: string
              Pending: number
            }[]
            Configured: {
              Concurrency: number
              RequestsPerSecond: number
            }
          }
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  pauseConnection: {
    parameters: {
      query?: never
      header?: never
      path: {
        EMRSystem: string
        EmrInstance: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': {
          /** @description Why, for the audit log. No patient data. */
          Reason: string
          /**
           * Format: date-time
           * @description When it ends by itself. RFC 3339.
           */
          Until?: string
        }
      }
    }
    responses: {
      /** @description The connection as it is now. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /**
             * @description The EMR in which the encounter is created.
             * @enum {string}
             */
            EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
            EmrInstance: string
            Connector: string
            /**
             * @description `Sick`: the breaker is open. `Throttled`: the EMR asked for a pause. `Slow`: 5% of the calls take more than half of their time-out. `NoWorkers`: no worker process gives a sign of life. `Paused`: an operator ordered it.
             * @enum {string}
             */
            State: 'Healthy' | 'Slow' | 'Sick' | 'Throttled' | 'Paused' | 'NoWorkers'
            /**
             * Format: date-time
             * @description Since when it is in this state. RFC 3339, UTC.
             */
            Since?: string
            /** @description Why, in words of the gateway. */
            Cause?: string
            /** @description Jobs that have not ended. */
            Pending: number
            /**
             * Format: date-time
             * @description When the oldest of them was accepted or retried. RFC 3339, UTC.
             */
            OldestPendingAt?: string
            /** @description Jobs that a worker has taken. */
            Running: number
            /** @description Jobs that are held back without spending attempts. */
            Parked: number
            /** @description Jobs that ended `OutcomeUnknown` and wait for a person. */
            InDoubt: number
            /** @description Average of the last five minutes. */
            AcceptedPerMinute: number
            /** @description Average of the last five minutes. */
            EndedPerMinute: number
            /** @description When nothing will be left at this rate; absent if the jobs do not get fewer. */
            EmptyInSeconds?: number
            /** @description Duration that 95% of the calls of the last minutes did not exceed. */
            P95Ms?: number
            /**
             * Format: date-time
             * @description When the EMR is tried again. RFC 3339, UTC.
             */
            NextProbeAt?: string
            /** @description Calls at once over all workers, as in force. */
            Concurrency: number
            /** @description Jobs started per second over all workers, as in force. */
            RequestsPerSecond: number
            /** @description Worker processes that give signs of life. */
            Workers: number
            /** @description `true`: nothing new is accepted. */
            Draining?: boolean
            /** @description The operator who paused, held, drained or limited it. */
            OrderedBy?: string
            /** @description The reason that operator gave. */
            Reason?: string
            /**
             * Format: date-time
             * @description When that ends by itself. RFC 3339, UTC.
             */
            Until?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  resumeConnection: {
    parameters: {
      query?: never
      header?: never
      path: {
        EMRSystem: string
        EmrInstance: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': {
          /** @description Why, for the audit log. No patient data. */
          Reason: string
        }
      }
    }
    responses: {
      /** @description The connection as it is now. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /**
             * @description The EMR in which the encounter is created.
             * @enum {string}
             */
            EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
            EmrInstance: string
            Connector: string
            /**
             * @description `Sick`: the breaker is open. `Throttled`: the EMR asked for a pause. `Slow`: 5% of the calls take more than half of their time-out. `NoWorkers`: no worker process gives a sign of life. `Paused`: an operator ordered it.
             * @enum {string}
             */
            State: 'Healthy' | 'Slow' | 'Sick' | 'Throttled' | 'Paused' | 'NoWorkers'
            /**
             * Format: date-time
             * @description Since when it is in this state. RFC 3339, UTC.
             */
            Since?: string
            /** @description Why, in words of the gateway. */
            Cause?: string
            /** @description Jobs that have not ended. */
            Pending: number
            /**
             * Format: date-time
             * @description When the oldest of them was accepted or retried. RFC 3339, UTC.
             */
            OldestPendingAt?: string
            /** @description Jobs that a worker has taken. */
            Running: number
            /** @description Jobs that are held back without spending attempts. */
            Parked: number
            /** @description Jobs that ended `OutcomeUnknown` and wait for a person. */
            InDoubt: number
            /** @description Average of the last five minutes. */
            AcceptedPerMinute: number
            /** @description Average of the last five minutes. */
            EndedPerMinute: number
            /** @description When nothing will be left at this rate; absent if the jobs do not get fewer. */
            EmptyInSeconds?: number
            /** @description Duration that 95% of the calls of the last minutes did not exceed. */
            P95Ms?: number
            /**
             * Format: date-time
             * @description When the EMR is tried again. RFC 3339, UTC.
             */
            NextProbeAt?: string
            /** @description Calls at once over all workers, as in force. */
            Concurrency: number
            /** @description Jobs started per second over all workers, as in force. */
            RequestsPerSecond: number
            /** @description Worker processes that give signs of life. */
            Workers: number
            /** @description `true`: nothing new is accepted. */
            Draining?: boolean
            /** @description The operator who paused, held, drained or limited it. */
            OrderedBy?: string
            /** @description The reason that operator gave. */
            Reason?: string
            /**
             * Format: date-time
             * @description When that ends by itself. RFC 3339, UTC.
             */
            Until?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  drainConnection: {
    parameters: {
      query?: never
      header?: never
      path: {
        EMRSystem: string
        EmrInstance: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': {
          /** @description Why, for the audit log. No patient data. */
          Reason: string
        }
      }
    }
    responses: {
      /** @description The connection as it is now. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /**
             * @description The EMR in which the encounter is created.
             * @enum {string}
             */
            EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
            EmrInstance: string
            Connector: string
            /**
             * @description `Sick`: the breaker is open. `Throttled`: the EMR asked for a pause. `Slow`: 5% of the calls take more than half of their time-out. `NoWorkers`: no worker process gives a sign of life. `Paused`: an operator ordered it.
             * @enum {string}
             */
            State: 'Healthy' | 'Slow' | 'Sick' | 'Throttled' | 'Paused' | 'NoWorkers'
            /**
             * Format: date-time
             * @description Since when it is in this state. RFC 3339, UTC.
             */
            Since?: string
            /** @description Why, in words of the gateway. */
            Cause?: string
            /** @description Jobs that have not ended. */
            Pending: number
            /**
             * Format: date-time
             * @description When the oldest of them was accepted or retried. RFC 3339, UTC.
             */
            OldestPendingAt?: string
            /** @description Jobs that a worker has taken. */
            Running: number
            /** @description Jobs that are held back without spending attempts. */
            Parked: number
            /** @description Jobs that ended `OutcomeUnknown` and wait for a person. */
            InDoubt: number
            /** @description Average of the last five minutes. */
            AcceptedPerMinute: number
            /** @description Average of the last five minutes. */
            EndedPerMinute: number
            /** @description When nothing will be left at this rate; absent if the jobs do not get fewer. */
            EmptyInSeconds?: number
            /** @description Duration that 95% of the calls of the last minutes did not exceed. */
            P95Ms?: number
            /**
             * Format: date-time
             * @description When the EMR is tried again. RFC 3339, UTC.
             */
            NextProbeAt?: string
            /** @description Calls at once over all workers, as in force. */
            Concurrency: number
            /** @description Jobs started per second over all workers, as in force. */
            RequestsPerSecond: number
            /** @description Worker processes that give signs of life. */
            Workers: number
            /** @description `true`: nothing new is accepted. */
            Draining?: boolean
            /** @description The operator who paused, held, drained or limited it. */
            OrderedBy?: string
            /** @description The reason that operator gave. */
            Reason?: string
            /**
             * Format: date-time
             * @description When that ends by itself. RFC 3339, UTC.
             */
            Until?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  releaseConnection: {
    parameters: {
      query?: never
      header?: never
      path: {
        EMRSystem: string
        EmrInstance: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': {
          /** @description Why, for the audit log. No patient data. */
          Reason: string
        }
      }
    }
    responses: {
      /** @description The connection as it is now. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /**
             * @description The EMR in which the encounter is created.
             * @enum {string}
             */
            EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
            EmrInstance: string
            Connector: string
            /**
             * @description `Sick`: the breaker is open. `Throttled`: the EMR asked for a pause. `Slow`: 5% of the calls take more than half of their time-out. `NoWorkers`: no worker process gives a sign of life. `Paused`: an operator ordered it.
             * @enum {string}
             */
            State: 'Healthy' | 'Slow' | 'Sick' | 'Throttled' | 'Paused' | 'NoWorkers'
            /**
             * Format: date-time
             * @description Since when it is in this state. RFC 3339, UTC.
             */
            Since?: string
            /** @description Why, in words of the gateway. */
            Cause?: string
            /** @description Jobs that have not ended. */
            Pending: number
            /**
             * Format: date-time
             * @description When the oldest of them was accepted or retried. RFC 3339, UTC.
             */
            OldestPendingAt?: string
            /** @description Jobs that a worker has taken. */
            Running: number
            /** @description Jobs that are held back without spending attempts. */
            Parked: number
            /** @description Jobs that ended `OutcomeUnknown` and wait for a person. */
            InDoubt: number
            /** @description Average of the last five minutes. */
            AcceptedPerMinute: number
            /** @description Average of the last five minutes. */
            EndedPerMinute: number
            /** @description When nothing will be left at this rate; absent if the jobs do not get fewer. */
            EmptyInSeconds?: number
            /** @description Duration that 95% of the calls of the last minutes did not exceed. */
            P95Ms?: number
            /**
             * Format: date-time
             * @description When the EMR is tried again. RFC 3339, UTC.
             */
            NextProbeAt?: string
            /** @description Calls at once over all workers, as in force. */
            Concurrency: number
            /** @description Jobs started per second over all workers, as in force. */
            RequestsPerSecond: number
            /** @description Worker processes that give signs of life. */
            Workers: number
            /** @description `true`: nothing new is accepted. */
            Draining?: boolean
            /** @description The operator who paused, held, drained or limited it. */
            OrderedBy?: string
            /** @description The reason that operator gave. */
            Reason?: string
            /**
             * Format: date-time
             * @description When that ends by itself. RFC 3339, UTC.
             */
            Until?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  holdConnection: {
    parameters: {
      query?: never
      header?: never
      path: {
        EMRSystem: string
        EmrInstance: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': {
          /** @description Why, for the audit log. No patient data. */
          Reason: string
          /** @description For how long. */
          Seconds: number
        }
      }
    }
    responses: {
      /** @description The connection as it is now. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /**
             * @description The EMR in which the encounter is created.
             * @enum {string}
             */
            EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
            EmrInstance: string
            Connector: string
            /**
             * @description `Sick`: the breaker is open. `Throttled`: the EMR asked for a pause. `Slow`: 5% of the calls take more than half of their time-out. `NoWorkers`: no worker process gives a sign of life. `Paused`: an operator ordered it.
             * @enum {string}
             */
            State: 'Healthy' | 'Slow' | 'Sick' | 'Throttled' | 'Paused' | 'NoWorkers'
            /**
             * Format: date-time
             * @description Since when it is in this state. RFC 3339, UTC.
             */
            Since?: string
            /** @description Why, in words of the gateway. */
            Cause?: string
            /** @description Jobs that have not ended. */
            Pending: number
            /**
             * Format: date-time
             * @description When the oldest of them was accepted or retried. RFC 3339, UTC.
             */
            OldestPendingAt?: string
            /** @description Jobs that a worker has taken. */
            Running: number
            /** @description Jobs that are held back without spending attempts. */
            Parked: number
            /** @description Jobs that ended `OutcomeUnknown` and wait for a person. */
            InDoubt: number
            /** @description Average of the last five minutes. */
            AcceptedPerMinute: number
            /** @description Average of the last five minutes. */
            EndedPerMinute: number
            /** @description When nothing will be left at this rate; absent if the jobs do not get fewer. */
            EmptyInSeconds?: number
            /** @description Duration that 95% of the calls of the last minutes did not exceed. */
            P95Ms?: number
            /**
             * Format: date-time
             * @description When the EMR is tried again. RFC 3339, UTC.
             */
            NextProbeAt?: string
            /** @description Calls at once over all workers, as in force. */
            Concurrency: number
            /** @description Jobs started per second over all workers, as in force. */
            RequestsPerSecond: number
            /** @description Worker processes that give signs of life. */
            Workers: number
            /** @description `true`: nothing new is accepted. */
            Draining?: boolean
            /** @description The operator who paused, held, drained or limited it. */
            OrderedBy?: string
            /** @description The reason that operator gave. */
            Reason?: string
            /**
             * Format: date-time
             * @description When that ends by itself. RFC 3339, UTC.
             */
            Until?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  limitConnection: {
    parameters: {
      query?: never
      header?: never
      path: {
        EMRSystem: string
        EmrInstance: string
      }
      cookie?: never
    }
    /** @description What is left out is as configured again. */
    requestBody: {
      content: {
        'application/json': {
          /** @description Why, for the audit log. No patient data. */
          Reason: string
          Concurrency?: number
          RequestsPerSecond?: number
        }
      }
    }
    responses: {
      /** @description The connection as it is now. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /**
             * @description The EMR in which the encounter is created.
             * @enum {string}
             */
            EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
            EmrInstance: string
            Connector: string
            /**
             * @description `Sick`: the breaker is open. `Throttled`: the EMR asked for a pause. `Slow`: 5% of the calls take more than half of their time-out. `NoWorkers`: no worker process gives a sign of life. `Paused`: an operator ordered it.
             * @enum {string}
             */
            State: 'Healthy' | 'Slow' | 'Sick' | 'Throttled' | 'Paused' | 'NoWorkers'
            /**
             * Format: date-time
             * @description Since when it is in this state. RFC 3339, UTC.
             */
            Since?: string
            /** @description Why, in words of the gateway. */
            Cause?: string
            /** @description Jobs that have not ended. */
            Pending: number
            /**
             * Format: date-time
             * @description When the oldest of them was accepted or retried. RFC 3339, UTC.
             */
            OldestPendingAt?: string
            /** @description Jobs that a worker has taken. */
            Running: number
            /** @description Jobs that are held back without spending attempts. */
            Parked: number
            /** @description Jobs that ended `OutcomeUnknown` and wait for a person. */
            InDoubt: number
            /** @description Average of the last five minutes. */
            AcceptedPerMinute: number
            /** @description Average of the last five minutes. */
            EndedPerMinute: number
            /** @description When nothing will be left at this rate; absent if the jobs do not get fewer. */
            EmptyInSeconds?: number
            /** @description Duration that 95% of the calls of the last minutes did not exceed. */
            P95Ms?: number
            /**
             * Format: date-time
             * @description When the EMR is tried again. RFC 3339, UTC.
             */
            NextProbeAt?: string
            /** @description Calls at once over all workers, as in force. */
            Concurrency: number
            /** @description Jobs started per second over all workers, as in force. */
            RequestsPerSecond: number
            /** @description Worker processes that give signs of life. */
            Workers: number
            /** @description `true`: nothing new is accepted. */
            Draining?: boolean
            /** @description The operator who paused, held, drained or limited it. */
            OrderedBy?: string
            /** @description The reason that operator gave. */
            Reason?: string
            /**
             * Format: date-time
             * @description When that ends by itself. RFC 3339, UTC.
             */
            Until?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listOperatorJobs: {
    parameters: {
      query?: {
        /** @description The state of the job. `Queued`: waiting for its first attempt. `Running`: an attempt is in progress. `Retrying`: waiting for its next attempt. `Parked`: held back, without spending attempts, until the EMR is available. Terminal states: `Succeeded`, `Failed`, `OutcomeUnknown` (the encounter may or may not exist in the EMR; an operator must check), `Cancelled`, `Expired` (its deadline passed before it finished). */
        Status?:
          | 'Queued'
          | 'Running'
          | 'Retrying'
          | 'Parked'
          | 'Succeeded'
          | 'Failed'
          | 'OutcomeUnknown'
          | 'Cancelled'
          | 'Expired'
        Application?: string
        /** @description The EMR in which the encounter is created. */
        EMRSystem?: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
        EmrInstance?: string
        StatusCode?: number
        From?: string
        To?: string
        By?: 'CreatedAt' | 'FinishedAt'
        /** @description Only jobs of this batch, by item; with `Status`. */
        BatchId?: string
        Cursor?: string
        Limit?: number
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description One page of jobs. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            Jobs: {
              JobId: string
              /**
               * @description The EMR in which the encounter is created.
               * @enum {string}
               */
              EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
              EmrInstance: string
              Application: string
              /**
               * @description The state of the job. `Queued`: waiting for its first attempt. `Running`: an attempt is in progress. `Retrying`: waiting for its next attempt. `Parked`: held back, without spending attempts, until the EMR is available. Terminal states: `Succeeded`, `Failed`, `OutcomeUnknown` (the encounter may or may not exist in the EMR; an operator must check), `Cancelled`, `Expired` (its deadline passed before it finished).
               * @enum {string}
               */
              Status:
                | 'Queued'
                | 'Running'
                | 'Retrying'
                | 'Parked'
                | 'Succeeded'
                | 'Failed'
                | 'OutcomeUnknown'
                | 'Cancelled'
                | 'Expired'
              /**
               * Format: date-time
               * @description When it was accepted. RFC 3339, UTC.
               */
              CreatedAt?: string
              /**
               * Format: date-time
               * @description When it last changed. RFC 3339, UTC.
               */
              UpdatedAt?: string
              /**
               * Format: date-time
               * @description When it ended. RFC 3339, UTC.
               */
              FinishedAt?: string
              Attempts?: number
              MaxAttempts?: number
              /**
               * Format: date-time
               * @description The earliest time of its next attempt. RFC 3339, UTC.
               */
              NextAttemptAt?: string
              StatusCode?: number
              /** @description The kind of its problem: the last part of the `type`. */
              Problem?: string
              Recovered?: boolean
              BatchId?: string
              ItemIndex?: number
            }[]
            Cursor?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getOperatorJob: {
    parameters: {
      query?: never
      header?: never
      path: {
        JobId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The job. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            JobId: string
            /**
             * @description The EMR in which the encounter is created.
             * @enum {string}
             */
            EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
            EmrInstance: string
            Application: string
            /**
             * @description The state of the job. `Queued`: waiting for its first attempt. `Running`: an attempt is in progress. `Retrying`: waiting for its next attempt. `Parked`: held back, without spending attempts, until the EMR is available. Terminal states: `Succeeded`, `Failed`, `OutcomeUnknown` (the encounter may or may not exist in the EMR; an operator must check), `Cancelled`, `Expired` (its deadline passed before it finished).
             * @enum {string}
             */
            Status:
              | 'Queued'
              | 'Running'
              | 'Retrying'
              | 'Parked'
              | 'Succeeded'
              | 'Failed'
              | 'OutcomeUnknown'
              | 'Cancelled'
              | 'Expired'
            /**
             * Format: date-time
             * @description When it was accepted. RFC 3339, UTC.
             */
            CreatedAt?: string
            /**
             * Format: date-time
             * @description When it last changed. RFC 3339, UTC.
             */
            UpdatedAt?: string
            /**
             * Format: date-time
             * @description When it ended. RFC 3339, UTC.
             */
            FinishedAt?: string
            Attempts?: number
            MaxAttempts?: number
            /**
             * Format: date-time
             * @description The earliest time of its next attempt. RFC 3339, UTC.
             */
            NextAttemptAt?: string
            StatusCode?: number
            /** @description The kind of its problem: the last part of the `type`. */
            Problem?: string
            Recovered?: boolean
            BatchId?: string
            ItemIndex?: number
            Timeline: {
              /**
               * Format: date-time
               * @description When it happened. RFC 3339, UTC.
               */
              At: string
              /** @description `Accepted`, `FirstAttempt`, `LastAttempt`, `NextAttempt`, or the status of an ended round. */
              Event: string
              Round?: number
              StatusCode?: number
              Attempts?: number
            }[]
          }
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  retryOperatorJobs: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': {
          Filter: {
            /**
             * @description The state of the job. `Queued`: waiting for its first attempt. `Running`: an attempt is in progress. `Retrying`: waiting for its next attempt. `Parked`: held back, without spending attempts, until the EMR is available. Terminal states: `Succeeded`, `Failed`, `OutcomeUnknown` (the encounter may or may not exist in the EMR; an operator must check), `Cancelled`, `Expired` (its deadline passed before it finished).
             * @enum {string}
             */
            Status?:
              | 'Queued'
              | 'Running'
              | 'Retrying'
              | 'Parked'
              | 'Succeeded'
              | 'Failed'
              | 'OutcomeUnknown'
              | 'Cancelled'
              | 'Expired'
            Application?: string
            /**
             * @description The EMR in which the encounter is created.
             * @enum {string}
             */
            EMRSystem?: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
            EmrInstance?: string
            StatusCode?: number
            /** Format: date-time */
            From?: string
            /** Format: date-time */
            To?: string
            /** @enum {string} */
            By?: 'CreatedAt' | 'FinishedAt'
          }
          /** @description `true`: only count, and return `Expect`. */
          DryRun?: boolean
          /** @description From the dry run of the same filter; required to act. */
          Expect?: string
          /** @description Why, for the audit log. No patient data. */
          Reason?: string
        }
      }
    }
    responses: {
      /** @description What was or would be done. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description Jobs that match. */
            Count: number
            Expect?: string
            /** @description Jobs that were retried or cancelled. */
            Done?: number
            /** @description Jobs whose state no longer permitted it. */
            Skipped?: number
            /** @description `true`: more jobs match than one request handles; repeat it. */
            More?: boolean
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `count-moved`: More or fewer jobs match than in the dry run. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  retryOperatorJob: {
    parameters: {
      query?: never
      header?: never
      path: {
        JobId: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': {
          /** @description Why, for the audit log. No patient data. */
          Reason: string
        }
      }
    }
    responses: {
      /** @description The job. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            JobId: string
            /**
             * @description The EMR in which the encounter is created.
             * @enum {string}
             */
            EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
            EmrInstance: string
            Application: string
            /**
             * @description The state of the job. `Queued`: waiting for its first attempt. `Running`: an attempt is in progress. `Retrying`: waiting for its next attempt. `Parked`: held back, without spending attempts, until the EMR is available. Terminal states: `Succeeded`, `Failed`, `OutcomeUnknown` (the encounter may or may not exist in the EMR; an operator must check), `Cancelled`, `Expired` (its deadline passed before it finished).
             * @enum {string}
             */
            Status:
              | 'Queued'
              | 'Running'
              | 'Retrying'
              | 'Parked'
              | 'Succeeded'
              | 'Failed'
              | 'OutcomeUnknown'
              | 'Cancelled'
              | 'Expired'
            /**
             * Format: date-time
             * @description When it was accepted. RFC 3339, UTC.
             */
            CreatedAt?: string
            /**
             * Format: date-time
             * @description When it last changed. RFC 3339, UTC.
             */
            UpdatedAt?: string
            /**
             * Format: date-time
             * @description When it ended. RFC 3339, UTC.
             */
            FinishedAt?: string
            Attempts?: number
            MaxAttempts?: number
            /**
             * Format: date-time
             * @description The earliest time of its next attempt. RFC 3339, UTC.
             */
            NextAttemptAt?: string
            StatusCode?: number
            /** @description The kind of its problem: the last part of the `type`. */
            Problem?: string
            Recovered?: boolean
            BatchId?: string
            ItemIndex?: number
            Timeline: {
              /**
               * Format: date-time
               * @description When it happened. RFC 3339, UTC.
               */
              At: string
              /** @description `Accepted`, `FirstAttempt`, `LastAttempt`, `NextAttempt`, or the status of an ended round. */
              Event: string
              Round?: number
              StatusCode?: number
              Attempts?: number
            }[]
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `gone`: No longer available. */
      410: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  cancelOperatorJobs: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': {
          Filter: {
            /**
             * @description The state of the job. `Queued`: waiting for its first attempt. `Running`: an attempt is in progress. `Retrying`: waiting for its next attempt. `Parked`: held back, without spending attempts, until the EMR is available. Terminal states: `Succeeded`, `Failed`, `OutcomeUnknown` (the encounter may or may not exist in the EMR; an operator must check), `Cancelled`, `Expired` (its deadline passed before it finished).
             * @enum {string}
             */
            Status?:
              | 'Queued'
              | 'Running'
              | 'Retrying'
              | 'Parked'
              | 'Succeeded'
              | 'Failed'
              | 'OutcomeUnknown'
              | 'Cancelled'
              | 'Expired'
            Application?: string
            /**
             * @description The EMR in which the encounter is created.
             * @enum {string}
             */
            EMRSystem?: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
            EmrInstance?: string
            StatusCode?: number
            /** Format: date-time */
            From?: string
            /** Format: date-time */
            To?: string
            /** @enum {string} */
            By?: 'CreatedAt' | 'FinishedAt'
          }
          /** @description `true`: only count, and return `Expect`. */
          DryRun?: boolean
          /** @description From the dry run of the same filter; required to act. */
          Expect?: string
          /** @description Why, for the audit log. No patient data. */
          Reason?: string
        }
      }
    }
    responses: {
      /** @description What was or would be done. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description Jobs that match. */
            Count: number
            Expect?: string
            /** @description Jobs that were retried or cancelled. */
            Done?: number
            /** @description Jobs whose state no longer permitted it. */
            Skipped?: number
            /** @description `true`: more jobs match than one request handles; repeat it. */
            More?: boolean
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `count-moved`: More or fewer jobs match than in the dry run. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  cancelOperatorJob: {
    parameters: {
      query?: never
      header?: never
      path: {
        JobId: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': {
          /** @description Why, for the audit log. No patient data. */
          Reason: string
        }
      }
    }
    responses: {
      /** @description The job. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            JobId: string
            /**
             * @description The EMR in which the encounter is created.
             * @enum {string}
             */
            EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
            EmrInstance: string
            Application: string
            /**
             * @description The state of the job. `Queued`: waiting for its first attempt. `Running`: an attempt is in progress. `Retrying`: waiting for its next attempt. `Parked`: held back, without spending attempts, until the EMR is available. Terminal states: `Succeeded`, `Failed`, `OutcomeUnknown` (the encounter may or may not exist in the EMR; an operator must check), `Cancelled`, `Expired` (its deadline passed before it finished).
             * @enum {string}
             */
            Status:
              | 'Queued'
              | 'Running'
              | 'Retrying'
              | 'Parked'
              | 'Succeeded'
              | 'Failed'
              | 'OutcomeUnknown'
              | 'Cancelled'
              | 'Expired'
            /**
             * Format: date-time
             * @description When it was accepted. RFC 3339, UTC.
             */
            CreatedAt?: string
            /**
             * Format: date-time
             * @description When it last changed. RFC 3339, UTC.
             */
            UpdatedAt?: string
            /**
             * Format: date-time
             * @description When it ended. RFC 3339, UTC.
             */
            FinishedAt?: string
            Attempts?: number
            MaxAttempts?: number
            /**
             * Format: date-time
             * @description The earliest time of its next attempt. RFC 3339, UTC.
             */
            NextAttemptAt?: string
            StatusCode?: number
            /** @description The kind of its problem: the last part of the `type`. */
            Problem?: string
            Recovered?: boolean
            BatchId?: string
            ItemIndex?: number
            Timeline: {
              /**
               * Format: date-time
               * @description When it happened. RFC 3339, UTC.
               */
              At: string
              /** @description `Accepted`, `FirstAttempt`, `LastAttempt`, `NextAttempt`, or the status of an ended round. */
              Event: string
              Round?: number
              StatusCode?: number
              Attempts?: number
            }[]
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `gone`: No longer available. */
      410: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  resolveOperatorJob: {
    parameters: {
      query?: never
      header?: never
      path: {
        JobId: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': {
          /** @enum {string} */
          As: 'Created' | 'NotCreated'
          /** @description For `Created`: its id in the EMR. */
          EncounterId?: string
          /**
           * @description For `NotCreated`.
           * @enum {string}
           */
          Then?: 'Send' | 'Fail'
          /** @description Why, for the audit log. No patient data. */
          Reason: string
        }
      }
    }
    responses: {
      /** @description The job. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            JobId: string
            /**
             * @description The EMR in which the encounter is created.
             * @enum {string}
             */
            EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
            EmrInstance: string
            Application: string
            /**
             * @description The state of the job. `Queued`: waiting for its first attempt. `Running`: an attempt is in progress. `Retrying`: waiting for its next attempt. `Parked`: held back, without spending attempts, until the EMR is available. Terminal states: `Succeeded`, `Failed`, `OutcomeUnknown` (the encounter may or may not exist in the EMR; an operator must check), `Cancelled`, `Expired` (its deadline passed before it finished).
             * @enum {string}
             */
            Status:
              | 'Queued'
              | 'Running'
              | 'Retrying'
              | 'Parked'
              | 'Succeeded'
              | 'Failed'
              | 'OutcomeUnknown'
              | 'Cancelled'
              | 'Expired'
            /**
             * Format: date-time
             * @description When it was accepted. RFC 3339, UTC.
             */
            CreatedAt?: string
            /**
             * Format: date-time
             * @description When it last changed. RFC 3339, UTC.
             */
            UpdatedAt?: string
            /**
             * Format: date-time
             * @description When it ended. RFC 3339, UTC.
             */
            FinishedAt?: string
            Attempts?: number
            MaxAttempts?: number
            /**
             * Format: date-time
             * @description The earliest time of its next attempt. RFC 3339, UTC.
             */
            NextAttemptAt?: string
            StatusCode?: number
            /** @description The kind of its problem: the last part of the `type`. */
            Problem?: string
            Recovered?: boolean
            BatchId?: string
            ItemIndex?: number
            Timeline: {
              /**
               * Format: date-time
               * @description When it happened. RFC 3339, UTC.
               */
              At: string
              /** @description `Accepted`, `FirstAttempt`, `LastAttempt`, `NextAttempt`, or the status of an ended round. */
              Event: string
              Round?: number
              StatusCode?: number
              Attempts?: number
            }[]
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `gone`: No longer available. */
      410: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listOperatorWebhookEndpoints: {
    parameters: {
      query?: {
        /** @description The application of the endpoint; required for `ep_config`. */
        Application?: string
        Limit?: number
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The endpoints. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description Those in trouble first. */
            WebhookEndpoints: {
              Application: string
              EndpointId: string
              /** @description Scheme, host and port of its URL; the rest may hold a credential. */
              Origin?: string
              /** @description `thin`, or `full` with the outcome. */
              Body?: string
              /** @description The connections it wants; all if absent. */
              Connections?: string[]
              /** @description The types it wants; all if absent. */
              EventTypes?: string[]
              /** @description `true`: its sealing key is no longer configured. */
              Unreadable?: boolean
              /**
               * @description `Failing`: several messages in a row failed. `Disabled`: nothing is sent until it is enabled.
               * @enum {string}
               */
              State: 'Enabled' | 'Failing' | 'Disabled'
              /** @description `true`: its application or an operator has disabled it, not its failures. */
              ByOrder?: boolean
              /**
               * Format: date-time
               * @description Since when it is in this state. RFC 3339, UTC.
               */
              Since?: string
              /** @description Its last error, or why it is disabled, in words of the gateway. */
              Reason?: string
              /** @description Messages that wait or are being sent. */
              Pending: number
              /** @description Messages that were given up; at most the newest 50,000. */
              DeadLetters: number
              /** @description Messages whose retention ended before they could be sent. */
              Missed?: number
              /**
               * Format: date-time
               * @description When it last answered 2xx. RFC 3339, UTC.
               */
              LastSuccessAt?: string
            }[]
            /** @description Endpoints left out, all less in trouble. */
            More?: number
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getOperatorWebhookEndpoint: {
    parameters: {
      query?: {
        /** @description The application of the endpoint; required for `ep_config`. */
        Application?: string
      }
      header?: never
      path: {
        EndpointId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The endpoint as it is now. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            Application: string
            EndpointId: string
            /** @description Scheme, host and port of its URL; the rest may hold a credential. */
            Origin?: string
            /** @description `thin`, or `full` with the outcome. */
            Body?: string
            /** @description The connections it wants; all if absent. */
            Connections?: string[]
            /** @description The types it wants; all if absent. */
            EventTypes?: string[]
            /** @description `true`: its sealing key is no longer configured. */
            Unreadable?: boolean
            /**
             * @description `Failing`: several messages in a row failed. `Disabled`: nothing is sent until it is enabled.
             * @enum {string}
             */
            State: 'Enabled' | 'Failing' | 'Disabled'
            /** @description `true`: its application or an operator has disabled it, not its failures. */
            ByOrder?: boolean
            /**
             * Format: date-time
             * @description Since when it is in this state. RFC 3339, UTC.
             */
            Since?: string
            /** @description Its last error, or why it is disabled, in words of the gateway. */
            Reason?: string
            /** @description Messages that wait or are being sent. */
            Pending: number
            /** @description Messages that were given up; at most the newest 50,000. */
            DeadLetters: number
            /** @description Messages whose retention ended before they could be sent. */
            Missed?: number
            /**
             * Format: date-time
             * @description When it last answered 2xx. RFC 3339, UTC.
             */
            LastSuccessAt?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listOperatorDeliveries: {
    parameters: {
      query?: {
        /** @description The application of the endpoint; required for `ep_config`. */
        Application?: string
        /** @description `Waiting`: not sent yet, being sent, or to be tried again. `Delivered`: answered 2xx. `Failed`: given up; `Resend` and `Recover` send it again. */
        Status?: 'Waiting' | 'Delivered' | 'Failed'
        Cursor?: string
        Limit?: number
      }
      header?: never
      path: {
        EndpointId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description One page of deliveries. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            Deliveries: components['schemas']['WebhookDelivery'][]
            Cursor?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  enableOperatorWebhookEndpoint: {
    parameters: {
      query?: never
      header?: never
      path: {
        EndpointId: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': {
          /** @description The application of the endpoint; required for `ep_config`. */
          Application?: string
          /** @description Why, for the audit log. No patient data. */
          Reason: string
        }
      }
    }
    responses: {
      /** @description The endpoint as it is now. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            Application: string
            EndpointId: string
            /** @description Scheme, host and port of its URL; the rest may hold a credential. */
            Origin?: string
            /** @description `thin`, or `full` with the outcome. */
            Body?: string
            /** @description The connections it wants; all if absent. */
            Connections?: string[]
            /** @description The types it wants; all if absent. */
            EventTypes?: string[]
            /** @description `true`: its sealing key is no longer configured. */
            Unreadable?: boolean
            /**
             * @description `Failing`: several messages in a row failed. `Disabled`: nothing is sent until it is enabled.
             * @enum {string}
             */
            State: 'Enabled' | 'Failing' | 'Disabled'
            /** @description `true`: its application or an operator has disabled it, not its failures. */
            ByOrder?: boolean
            /**
             * Format: date-time
             * @description Since when it is in this state. RFC 3339, UTC.
             */
            Since?: string
            /** @description Its last error, or why it is disabled, in words of the gateway. */
            Reason?: string
            /** @description Messages that wait or are being sent. */
            Pending: number
            /** @description Messages that were given up; at most the newest 50,000. */
            DeadLetters: number
            /** @description Messages whose retention ended before they could be sent. */
            Missed?: number
            /**
             * Format: date-time
             * @description When it last answered 2xx. RFC 3339, UTC.
             */
            LastSuccessAt?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  disableOperatorWebhookEndpoint: {
    parameters: {
      query?: never
      header?: never
      path: {
        EndpointId: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': {
          /** @description The application of the endpoint; required for `ep_config`. */
          Application?: string
          /** @description Why, for the audit log. No patient data. */
          Reason: string
        }
      }
    }
    responses: {
      /** @description The endpoint as it is now. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            Application: string
            EndpointId: string
            /** @description Scheme, host and port of its URL; the rest may hold a credential. */
            Origin?: string
            /** @description `thin`, or `full` with the outcome. */
            Body?: string
            /** @description The connections it wants; all if absent. */
            Connections?: string[]
            /** @description The types it wants; all if absent. */
            EventTypes?: string[]
            /** @description `true`: its sealing key is no longer configured. */
            Unreadable?: boolean
            /**
             * @description `Failing`: several messages in a row failed. `Disabled`: nothing is sent until it is enabled.
             * @enum {string}
             */
            State: 'Enabled' | 'Failing' | 'Disabled'
            /** @description `true`: its application or an operator has disabled it, not its failures. */
            ByOrder?: boolean
            /**
             * Format: date-time
             * @description Since when it is in this state. RFC 3339, UTC.
             */
            Since?: string
            /** @description Its last error, or why it is disabled, in words of the gateway. */
            Reason?: string
            /** @description Messages that wait or are being sent. */
            Pending: number
            /** @description Messages that were given up; at most the newest 50,000. */
            DeadLetters: number
            /** @description Messages whose retention ended before they could be sent. */
            Missed?: number
            /**
             * Format: date-time
             * @description When it last answered 2xx. RFC 3339, UTC.
             */
            LastSuccessAt?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  recoverOperatorWebhookEndpoint: {
    parameters: {
      query?: never
      header?: never
      path: {
        EndpointId: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': {
          /** @description The application of the endpoint; required for `ep_config`. */
          Application?: string
          /**
           * Format: date-time
           * @description Messages made from this time on. RFC 3339.
           */
          Since: string
          /** @description `true`: only count, and return `Expect`. */
          DryRun?: boolean
          /** @description From the dry run with the same `Since`; required to act. */
          Expect?: string
          /** @description Why, for the audit log. No patient data. */
          Reason?: string
        }
      }
    }
    responses: {
      /** @description How many there are, or are sent now. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description Messages since then that it wants and has not received. */
            Count: number
            Expect?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. `count-moved`: More or fewer jobs match than in the dry run. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  resendOperatorDelivery: {
    parameters: {
      query?: never
      header?: never
      path: {
        MessageId: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': {
          EndpointId: string
          /** @description The application of the endpoint; required for `ep_config`. */
          Application?: string
          /** @description Why, for the audit log. No patient data. */
          Reason: string
        }
      }
    }
    responses: {
      /** @description The endpoint as it is now. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            Application: string
            EndpointId: string
            /** @description Scheme, host and port of its URL; the rest may hold a credential. */
            Origin?: string
            /** @description `thin`, or `full` with the outcome. */
            Body?: string
            /** @description The connections it wants; all if absent. */
            Connections?: string[]
            /** @description The types it wants; all if absent. */
            EventTypes?: string[]
            /** @description `true`: its sealing key is no longer configured. */
            Unreadable?: boolean
            /**
             * @description `Failing`: several messages in a row failed. `Disabled`: nothing is sent until it is enabled.
             * @enum {string}
             */
            State: 'Enabled' | 'Failing' | 'Disabled'
            /** @description `true`: its application or an operator has disabled it, not its failures. */
            ByOrder?: boolean
            /**
             * Format: date-time
             * @description Since when it is in this state. RFC 3339, UTC.
             */
            Since?: string
            /** @description Its last error, or why it is disabled, in words of the gateway. */
            Reason?: string
            /** @description Messages that wait or are being sent. */
            Pending: number
            /** @description Messages that were given up; at most the newest 50,000. */
            DeadLetters: number
            /** @description Messages whose retention ended before they could be sent. */
            Missed?: number
            /**
             * Format: date-time
             * @description When it last answered 2xx. RFC 3339, UTC.
             */
            LastSuccessAt?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: Not found. */
      404: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The current state does not allow this. */
      409: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listProcesses: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The processes. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            Processes: {
              Id: string
              /** @enum {string} */
              Kind: 'api' | 'worker'
              Host: string
              Pid: number
              Version: string
              /** @description Processes with the same one run the same configuration. */
              Configuration: string
              /**
               * Format: date-time
               * @description When it started. RFC 3339, UTC.
               */
              StartedAt: string
              /**
               * Format: date-time
               * @description Its last sign of life. RFC 3339, UTC.
               */
              SeenAt: string
              Alive: boolean
            }[]
          }
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  getRedisHealth: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Whether this process can do its work. */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Readiness']
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listApplications: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The applications. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            Applications: {
              Name: string
              Configured: boolean
              /** @description On the connections that the operator may see. */
              Pending: number
              Connections: {
                /**
                 * @description The EMR in which the encounter is created.
                 * @enum {string}
                 */
                EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
                EmrInstance: string
                Pending: number
              }[]
            }[]
          }
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  listAuditEntries: {
    parameters: {
      query?: {
        Actor?: string
        Action?: string
        JobId?: string
        From?: string
        To?: string
        Cursor?: string
        Limit?: number
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description One page of entries. */
      200: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            Entries: {
              Id: string
              /**
               * Format: date-time
               * @description When. RFC 3339, UTC.
               */
              At: string
              Actor: string
              Kind: string
              Role?: string
              From?: string
              Action: string
              EMRSystem?: string
              EmrInstance?: string
              JobId?: string
              About?: string
              Before?: string
              After?: string
              Reason?: string
              /** @description Chains the entry to the one before it. */
              Hash: string
            }[]
            Cursor?: string
          }
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  watchConnections: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The events. */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'text/event-stream': string
        }
      }
      /** @description `operator-unauthorized`: Unknown operator. */
      401: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Asks the application to authenticate. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `operator-forbidden`: The operator may not do this. */
      403: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: Internal error of the gateway. */
      500: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unavailable`: The gateway cannot accept requests now. */
      503: {
        headers: {
          /** @description Identifies this request in the log of the gateway; your own id if you sent one, and `Gateway-Request-Id` is then that of the log. */
          'X-Request-Id'?: string
          /** @description Seconds to wait before the next request. */
          'Retry-After'?: number
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
    }
  }
  onEncounterCreated: {
    parameters: {
      query?: never
      header: {
        /** @description The MessageId, the same at every try: drop what you have seen. */
        'webhook-id': string
        /** @description Seconds since the epoch: the time of this try. */
        'webhook-timestamp': string
        /** @description One signature per secret, `v1,...` or `v1a,...`, separated by spaces. */
        'webhook-signature': string
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['EncounterMessage']
      }
    }
    responses: {
      /** @description No more messages: the endpoint is disabled. */
      410: {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
      /** @description Received. Any other answer is tried again. */
      '2XX': {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
    }
  }
  onEncounterFailed: {
    parameters: {
      query?: never
      header: {
        /** @description The MessageId, the same at every try: drop what you have seen. */
        'webhook-id': string
        /** @description Seconds since the epoch: the time of this try. */
        'webhook-timestamp': string
        /** @description One signature per secret, `v1,...` or `v1a,...`, separated by spaces. */
        'webhook-signature': string
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['EncounterMessage']
      }
    }
    responses: {
      /** @description No more messages: the endpoint is disabled. */
      410: {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
      /** @description Received. Any other answer is tried again. */
      '2XX': {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
    }
  }
  onEncounterOutcomeUnknown: {
    parameters: {
      query?: never
      header: {
        /** @description The MessageId, the same at every try: drop what you have seen. */
        'webhook-id': string
        /** @description Seconds since the epoch: the time of this try. */
        'webhook-timestamp': string
        /** @description One signature per secret, `v1,...` or `v1a,...`, separated by spaces. */
        'webhook-signature': string
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['EncounterMessage']
      }
    }
    responses: {
      /** @description No more messages: the endpoint is disabled. */
      410: {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
      /** @description Received. Any other answer is tried again. */
      '2XX': {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
    }
  }
  onEncounterCancelled: {
    parameters: {
      query?: never
      header: {
        /** @description The MessageId, the same at every try: drop what you have seen. */
        'webhook-id': string
        /** @description Seconds since the epoch: the time of this try. */
        'webhook-timestamp': string
        /** @description One signature per secret, `v1,...` or `v1a,...`, separated by spaces. */
        'webhook-signature': string
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['EncounterMessage']
      }
    }
    responses: {
      /** @description No more messages: the endpoint is disabled. */
      410: {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
      /** @description Received. Any other answer is tried again. */
      '2XX': {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
    }
  }
  onEncounterExpired: {
    parameters: {
      query?: never
      header: {
        /** @description The MessageId, the same at every try: drop what you have seen. */
        'webhook-id': string
        /** @description Seconds since the epoch: the time of this try. */
        'webhook-timestamp': string
        /** @description One signature per secret, `v1,...` or `v1a,...`, separated by spaces. */
        'webhook-signature': string
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['EncounterMessage']
      }
    }
    responses: {
      /** @description No more messages: the endpoint is disabled. */
      410: {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
      /** @description Received. Any other answer is tried again. */
      '2XX': {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
    }
  }
  onBatchFinished: {
    parameters: {
      query?: never
      header: {
        /** @description The MessageId, the same at every try: drop what you have seen. */
        'webhook-id': string
        /** @description Seconds since the epoch: the time of this try. */
        'webhook-timestamp': string
        /** @description One signature per secret, `v1,...` or `v1a,...`, separated by spaces. */
        'webhook-signature': string
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['BatchMessage']
      }
    }
    responses: {
      /** @description No more messages: the endpoint is disabled. */
      410: {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
      /** @description Received. Any other answer is tried again. */
      '2XX': {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
    }
  }
  onLoginRefused: {
    parameters: {
      query?: never
      header: {
        /** @description The MessageId, the same at every try: drop what you have seen. */
        'webhook-id': string
        /** @description Seconds since the epoch: the time of this try. */
        'webhook-timestamp': string
        /** @description One signature per secret, `v1,...` or `v1a,...`, separated by spaces. */
        'webhook-signature': string
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['LoginMessage']
      }
    }
    responses: {
      /** @description No more messages: the endpoint is disabled. */
      410: {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
      /** @description Received. Any other answer is tried again. */
      '2XX': {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
    }
  }
  onEndpointFailing: {
    parameters: {
      query?: never
      header: {
        /** @description The MessageId, the same at every try: drop what you have seen. */
        'webhook-id': string
        /** @description Seconds since the epoch: the time of this try. */
        'webhook-timestamp': string
        /** @description One signature per secret, `v1,...` or `v1a,...`, separated by spaces. */
        'webhook-signature': string
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['EndpointMessage']
      }
    }
    responses: {
      /** @description No more messages: the endpoint is disabled. */
      410: {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
      /** @description Received. Any other answer is tried again. */
      '2XX': {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
    }
  }
  onEndpointDisabled: {
    parameters: {
      query?: never
      header: {
        /** @description The MessageId, the same at every try: drop what you have seen. */
        'webhook-id': string
        /** @description Seconds since the epoch: the time of this try. */
        'webhook-timestamp': string
        /** @description One signature per secret, `v1,...` or `v1a,...`, separated by spaces. */
        'webhook-signature': string
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['EndpointMessage']
      }
    }
    responses: {
      /** @description No more messages: the endpoint is disabled. */
      410: {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
      /** @description Received. Any other answer is tried again. */
      '2XX': {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
    }
  }
  onWebhookTest: {
    parameters: {
      query?: never
      header: {
        /** @description The MessageId, the same at every try: drop what you have seen. */
        'webhook-id': string
        /** @description Seconds since the epoch: the time of this try. */
        'webhook-timestamp': string
        /** @description One signature per secret, `v1,...` or `v1a,...`, separated by spaces. */
        'webhook-signature': string
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['TestMessage']
      }
    }
    responses: {
      /** @description No more messages: the endpoint is disabled. */
      410: {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
      /** @description Received. Any other answer is tried again. */
      '2XX': {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
    }
  }
}
