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
import type { Batch, BatchItem, BatchRetry, EmrSystem, Job, PatientEncounterRequest } from './contract.ts'
import { openGateway, type ClientOptions, type Gateway } from './gateway.ts'
import {
  cancelJob,
  follow,
  listJobs,
  readJob,
  retryJob,
  submit,
  type CallOptions,
  type JobFilter,
  type SubmitOptions,
  type WaitOptions,
} from './jobs.ts'
import type { EmrLogin } from './request-headers.ts'
import { findUpload, uploadBatch, type UploadOptions } from './upload-batch.ts'

/**
 * An application's way to the gateway. Every call throws a GatewayError if the gateway refuses it or cannot be reached in time, and
 * its signal's reason once that is aborted. What may pass is tried again by itself.
 */
export type Client = {
  /** Submits one encounter, once, however often it has to be sent. Resolves with its job when that is on disk. */
  submit(emrSystem: EmrSystem, encounter: PatientEncounterRequest, options?: SubmitOptions): Promise<Job>
  /** The same, and waits for the outcome: a job that has failed is given back like one that has succeeded. */
  submitAndWait(emrSystem: EmrSystem, encounter: PatientEncounterRequest, options?: SubmitOptions): Promise<Job>
  /** Waits for a job to end. */
  waitFor(jobId: string, options?: WaitOptions): Promise<Job>
  /** Where a job stands. */
  job(jobId: string, options?: CallOptions): Promise<Job>
  /** The application's own jobs, newest first, page after page. */
  jobs(filter?: JobFilter, options?: CallOptions): AsyncGenerator<Job, void, undefined>
  /** Cancels a job of which the EMR has nothing; a 409 if it is too late. */
  cancelJob(jobId: string, options?: CallOptions): Promise<void>
  /** Begins a new round of attempts for a job that has failed or whose outcome is not known. */
  retryJob(jobId: string, options?: CallOptions): Promise<Job>

  /** Uploads a batch; resolves when all of it is on disk. Begins again by itself if the source can be read again. */
  uploadBatch(emrSystem: EmrSystem, source: BatchSource, options?: UploadOptions): Promise<Batch>
  /** How far the upload with this Idempotency-Key came; `undefined` if the gateway has nothing of it. */
  findUpload(emrSystem: EmrSystem, idempotencyKey: string, options?: CallOptions & EmrLogin): Promise<Batch | undefined>
  /** Where a batch stands. */
  batch(batchId: string, options?: CallOptions): Promise<Batch>
  /** A batch as it stands now and whenever that changes; ends with its end. */
  watchBatch(batchId: string, options?: CallOptions): AsyncGenerator<Batch, void, undefined>
  /** Waits for a batch to finish. */
  waitForBatch(batchId: string, options?: CallOptions): Promise<Batch>
  /** What became of each item, in their order, as things stand. */
  results(batchId: string, options?: CallOptions): AsyncGenerator<BatchItem, void, undefined>
  /** Begins a new round of attempts for the items that have failed. */
  retryBatch(batchId: string, options?: RetryOptions): Promise<BatchRetry>
  /** Cancels what the EMR has nothing of yet. */
  cancelBatch(batchId: string, options?: CallOptions): Promise<Batch>

  /** The gateway's whole API, typed from its OpenAPI document, with the same retries: for what is not above. */
  api: Gateway['api']
}

/** Opens nothing and sends nothing yet. Throws a TypeError if an option cannot be used; no message quotes a credential. */
export function createClient(options: ClientOptions): Client {
  const gateway = openGateway(options)
  return {
    submit: (...about) => submit(gateway, ...about),
    async submitAndWait(emrSystem, encounter, options = {}) {
      const { JobId } = await submit(gateway, emrSystem, encounter, { ...options, waitSeconds: 0 })
      return follow(gateway, JobId, options)
    },
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
    api: gateway.api,
  }
}
