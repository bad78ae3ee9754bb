import {
  cancelBatch,
  readBatch,
  readResults,
  retryBatch,
  waitForBatch,
  watchBatch,
  type RetryOptions,
} from './batches.ts'
import type { BatchSource } from './batch-source.ts'
import type { Batch, BatchItem, BatchRetry, EmrSystem, Job, PatientEncounterRequest, Preview } from './contract.ts'
import { openGateway, type ClientOptions, type Gateway } from './gateway.ts'
import {
  cancelJob,
  follow,
  listJobs,
  preview,
  readJob,
  retryJob,
  submit,
  type CallOptions,
  type JobFilter,
  type SubmitOptions,
  type WaitOptions,
} from './jobs.ts'
import type { EmrLogin } from './request-headers.ts'
import { openWebhookEndpoints, type WebhookEndpoints } from './webhook-endpoints.ts'
import { findUpload, uploadBatch, type UploadOptions } from './upload-batch.ts'

/**
 * A client of the gateway for one application. Every call throws a GatewayError if the gateway refuses it or cannot be
 * reached in time, and the reason of its signal if that is aborted. Temporary failures are retried automatically.
 */
export type Client = {
  /** Submits one encounter, exactly once even if it is sent repeatedly. Resolves with its job when that is durable. */
  submit(emrSystem: EmrSystem, encounter: PatientEncounterRequest, options?: SubmitOptions): Promise<Job>
  /** Submits one encounter and waits for the outcome; returns a failed job like a successful one. */
  submitAndWait(emrSystem: EmrSystem, encounter: PatientEncounterRequest, options?: SubmitOptions): Promise<Job>
  /** Returns what one encounter would become at the EMR; nothing is stored or sent. */
  preview(emrSystem: EmrSystem, encounter: PatientEncounterRequest, options?: CallOptions & EmrLogin): Promise<Preview>
  /** Waits for a job to end. */
  waitFor(jobId: string, options?: WaitOptions): Promise<Job>
  /** Gets a job. */
  job(jobId: string, options?: CallOptions): Promise<Job>
  /** Lists the application's own jobs, newest first, page by page. */
  jobs(filter?: JobFilter, options?: CallOptions): AsyncGenerator<Job, void, undefined>
  /** Cancels a job that was never sent to the EMR; a 409 if it is too late. */
  cancelJob(jobId: string, options?: CallOptions): Promise<void>
  /** Begins a new round of attempts for a job that ended without success. */
  retryJob(jobId: string, options?: CallOptions): Promise<Job>

  /** Uploads a batch; resolves when all of it is durable. Restarts automatically if the source can be read again. */
  uploadBatch(emrSystem: EmrSystem, source: BatchSource, options?: UploadOptions): Promise<Batch>
  /** Finds the batch of an upload by its Idempotency-Key; `undefined` if the gateway has received nothing of it. */
  findUpload(emrSystem: EmrSystem, idempotencyKey: string, options?: CallOptions & EmrLogin): Promise<Batch | undefined>
  /** Gets a batch. */
  batch(batchId: string, options?: CallOptions): Promise<Batch>
  /** Yields a batch now and after each change, until it has finished. */
  watchBatch(batchId: string, options?: CallOptions): AsyncGenerator<Batch, void, undefined>
  /** Waits for a batch to finish. */
  waitForBatch(batchId: string, options?: CallOptions): Promise<Batch>
  /** Yields the current result of each item, in order. */
  results(batchId: string, options?: CallOptions): AsyncGenerator<BatchItem, void, undefined>
  /** Begins a new round of attempts for items that did not succeed. */
  retryBatch(batchId: string, options?: RetryOptions): Promise<BatchRetry>
  /** Cancels the items that were never sent to the EMR. */
  cancelBatch(batchId: string, options?: CallOptions): Promise<Batch>

  /** The application's webhook endpoints, and the deliveries of each message. */
  webhookEndpoints: WebhookEndpoints

  /** The whole API of the gateway, typed from its OpenAPI document, with the same retries. */
  api: Gateway['api']
}

/**
 * Creates a client, without connecting yet. Throws a TypeError for an invalid option; no message quotes a credential.
 */
export function createClient(options: ClientOptions): Client {
  const gateway = openGateway(options)
  return {
    submit: (...about) => submit(gateway, ...about),
    async submitAndWait(emrSystem, encounter, options = {}) {
      const { JobId } = await submit(gateway, emrSystem, encounter, { ...options, waitSeconds: 0 })
      return follow(gateway, JobId, options)
    },
    preview: (...about) => preview(gateway, ...about),
    waitFor: (...about) => follow(gateway, ...about),
    job: (...about) => readJob(gateway, ...about),
    jobs: (...about) => listJobs(gateway, ...about),
    cancelJob: (...about) => cancelJob(gateway, ...about),
    retryJob: (...about) => retryJob(gateway, ...about),
    uploadBatch: (...about) => uploadBatch(gateway, ...about),
    findUpload: (...about) => findUpload(gateway, ...about),
    batch: (...about) => readBatch(gateway, ...about),
    watchBatch: (...about) => watchBatch(gateway, ...about),
    waitForBatch: (...about) => waitForBatch(gateway, ...about),
    results: (...about) => readResults(gateway, ...about),
    retryBatch: (...about) => retryBatch(gateway, ...about),
    cancelBatch: (...about) => cancelBatch(gateway, ...about),
    webhookEndpoints: openWebhookEndpoints(gateway),
    api: gateway.api,
  }
}
