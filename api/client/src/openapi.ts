// Generated from the api’s OpenAPI document by `npm run client-types`; not to be edited.
export interface paths {
  '/metrics': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Gives the figures that Prometheus collects */
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
     * Creates a patient encounter
     * @description Keeps the request durably and answers 202 with its job; workers then create the encounter in the EMR, at most once. With `Prefer: wait=N` the reply is that of the EMR if it comes in time: 201 with the encounter, or a problem. The header parameters may also be sent as properties of the body; a header wins.
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
     * Tells where a job stands
     * @description With `Prefer: wait=N` the reply comes when the job has ended, after N seconds at the latest.
     */
    get: operations['getJob']
    put?: never
    post?: never
    /**
     * Cancels a job that has not been sent to the EMR
     * @description Cancelling it again is not a mistake. What the EMR may have already cannot be cancelled. The request is kept for a Retry as long as that of a failed job, and erased then.
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
     * Gives the outcome of a job as the EMR’s own reply
     * @description The status code and body that a caller would have got who had waited: 201 with the encounter, or a problem. 202 while the job runs.
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
     * Begins a new round of attempts
     * @description For a job that has ended and did not succeed, `Cancelled` and `Expired` among them, while its request is kept; it gets a new deadline. Where the EMR may have the encounter from an earlier round, it is asked before anything is sent. A 409 while the batch of the job is being cancelled.
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
     * Lists the jobs of the application, newest first
     * @description A page may be short, or even empty, where a filter lets little through; as long as there is a `Cursor` there may be more. Jobs that come in meanwhile do not move what follows a cursor.
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
  '/api/v1/Batches/{BatchId}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Tells where a batch stands */
    get: operations['getBatch']
    put?: never
    post?: never
    /**
     * Cancels what has not been sent to the EMR
     * @description From now on no item of it is sent; the workers end them one by one. What the EMR may have already goes on. The requests are kept for a Retry as long as those of failed ones, and erased then.
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
     * Gives what became of each item
     * @description NDJSON, one BatchItem per line in the order of the upload, rejected ones among them; as things stand now.
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
     * Tells the progress of a batch as it happens
     * @description Server-sent events: `progress` with the Batch at once and at each change, at most twice a second; `finished` with it at the end. With the `Last-Event-ID` of an earlier stream nothing is sent that it has told already.
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
     * Begins a new round of attempts for items that did not succeed
     * @description Ask with `DryRun=true` first how many they are. Each gets a new deadline. A 409 while the batch is `Cancelling`.
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
     * Tells how far an upload came
     * @description The batch that an Idempotency-Key stands for; `Items` have been read of it.
     */
    get: operations['findBatch']
    put?: never
    /**
     * Creates many patient encounters
     * @description A stream of any length: one request body per line (`application/x-ndjson`), or one JSON array of them. Each valid item becomes a job as soon as it has been read, and is durable then; an item that is not valid is rejected by its number and does not spoil the others. The 202 comes when the stream ends. If it breaks off, send the same again with the same Idempotency-Key: only the rest is accepted. May be sent with the Content-Encodings gzip, zstd, identity. The header parameters go for all items; LoginId, Password and AuthorizationToken may also stand in the items. ApplicationName and ApplicationKey must be headers.
     */
    post: operations['createBatch']
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
    /** Tells that the process is alive */
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
     * Tells whether requests can be accepted now
     * @description Tries a write to Redis, looks at its memory, and tells how durable it is. Read at most once a second.
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
}
export type webhooks = Record<string, never>
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
      /** @description What kind of problem it is, for programs: `urn:encounter-gateway:problem:` and a name. */
      type: string
      /** @description The kind of problem in words; the same for every problem of this type. */
      title: string
      /** @description The HTTP status code. */
      status: number
      /** @description What happened this time, in words for a person, without patient data. */
      detail: string
      /** @description Which occurrence this is: the path of the request or job. */
      instance?: string
      /** @description The job that stands against the request. */
      JobId?: string
      /** @description The batch that stands against the upload. */
      BatchId?: string
      /** @description Each mistake found in the request, one per property, at most 200. */
      Errors?: {
        /** @description JSON Pointer (RFC 6901) of the property at fault; the empty string is the whole body. */
        Pointer: string
        /** @description What is wrong with it, in words for a person. */
        Message: string
      }[]
      /** @description How many more mistakes there are than `Errors` lists. */
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
      /** @description The job: 20 characters `[0-9a-z]`. The EMR also gets it, as the key of the encounter. */
      JobId: string
      /**
       * @description The EMR the encounter is created in.
       * @enum {string}
       */
      EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
      /** @description Which connection of that EMR; `default` if the request named none. */
      EmrInstance: string
      /**
       * @description Where the job stands. `Queued`: waits for its first attempt. `Running`: an attempt is under way. `Retrying`: waits for its next attempt. `Parked`: held back, without spending attempts, until the EMR can take it. Then, for good: `Succeeded`, `Failed`, `OutcomeUnknown` (the EMR may or may not have the encounter; a person must look), `Cancelled`, `Expired` (its deadline passed first).
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
       * @description When anything here last changed. RFC 3339, UTC.
       */
      UpdatedAt: string
      /**
       * Format: date-time
       * @description When the job ended. RFC 3339, UTC.
       */
      FinishedAt?: string
      /** @description How many times the EMR was tried in this round; a retry by hand begins a new round at 0. */
      Attempts: number
      /** @description How many attempts a round has. */
      MaxAttempts: number
      /**
       * Format: date-time
       * @description When a job that is `Retrying` is tried next, at the earliest. RFC 3339, UTC.
       */
      NextAttemptAt?: string
      /** @description Why a job that is `Parked` is held back, in words. */
      ParkedReason?: string
      /** @description The HTTP status code of the outcome: 201, 400, 401, 403, 408, 409, 500 or 502. */
      StatusCode?: number
      /** @description The encounter created, by the identifier the EMR gave it. */
      EncounterId?: string
      /** @description Other identifiers of the same encounter: its financial number, visit number, our own key. May be empty. */
      AlternativeIdentifiers?: {
        /** @description The kind of identifier, as a code: `FIN`, `VN`, `CSN`. */
        Code: string
        /** @description The kind of identifier, in words. */
        Description: string
        /** @description The identifier itself. */
        Value: string
      }[]
      Problem?: components['schemas']['Problem']
      /** @description `true`: the answer to an attempt was lost, and the encounter was then found in the EMR under the job’s key. */
      Recovered?: boolean
      /** @description JSON Pointers of the properties of the request for which this EMR has no place. */
      NotCarried?: string[]
      /** @description The batch the job came with. */
      BatchId?: string
      /** @description Its place in that batch, counted from 0. */
      ItemIndex?: number
    }
    /**
     * @description Many requests to create encounters, uploaded together, each of them a job.
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
      /** @description The batch: 20 characters `[0-9a-z]`. */
      BatchId: string
      /**
       * @description The EMR the encounter is created in.
       * @enum {string}
       */
      EMRSystem: 'Allscripts' | 'Athena' | 'Cerner' | 'Epic' | 'Meditech' | 'Sandbox'
      /** @description Which connection of that EMR; `default` if the request named none. */
      EmrInstance: string
      /**
       * @description Where the batch stands. `Receiving`: its upload has not come to its end, and what came is worked on already; send it again with the same Idempotency-Key to go on. `Running`: all of it is here, or the rest is no longer waited for. `Cancelling`: what has not been sent to the EMR is being cancelled. `Finished`: every item has ended.
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
       * @description When anything here last changed. RFC 3339, UTC.
       */
      UpdatedAt: string
      /** @description Its upload broke off and was not gone on with in time: the batch is what had come, and takes nothing more. Left out otherwise. */
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
      /** @description Items read so far: `Accepted` and `Rejected`. */
      Items: number
      /** @description Items that became jobs. The counts from `Queued` on add up to it. */
      Accepted: number
      /** @description Items that are not valid and will not be sent to the EMR. */
      Rejected: number
      /** @description Wait for their turn. */
      Queued: number
      /** @description Have had their turn and not ended: being sent, between two attempts, or held back with the EMR. */
      Running: number
      /** @description Their encounter exists in the EMR. */
      Succeeded: number
      /** @description The EMR refused them, or could not be reached in all their attempts. */
      Failed: number
      /** @description The EMR may or may not have them; a person must look. */
      OutcomeUnknown: number
      /** @description Cancelled before the EMR saw them. */
      Cancelled: number
      /** @description Their deadline passed first. */
      Expired: number
      /** @description The first 100 items that this upload had rejected; in the reply to an upload only. `/Results` has all. */
      Rejections?: {
        /** @description Its place in the batch, counted from 0; empty lines are not counted. */
        ItemIndex: number
        /** @description The line of the upload, counted from 1. NDJSON only. */
        Line?: number
        Problem: components['schemas']['Problem']
      }[]
    }
    /**
     * @description One item of a batch and what became of it. What does not apply is left out.
     * @example {
     *       "ItemIndex": 0,
     *       "JobId": "q3f0a7k2m9x1c8v5b6n4",
     *       "Status": "Succeeded",
     *       "StatusCode": 201,
     *       "EncounterId": "97953478"
     *     }
     */
    BatchItem: {
      /** @description Its place in the batch, counted from 0. */
      ItemIndex: number
      /** @description Of a rejected item, the line of the upload, counted from 1. NDJSON only. */
      Line?: number
      /** @description Its job; a rejected item has none. */
      JobId?: string
      /**
       * @description Where its job stands, or `Rejected`: not valid, never sent to the EMR.
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
      /** @description The HTTP status code of the outcome; 400 if rejected. */
      StatusCode?: number
      /** @description The encounter created, by the EMR’s identifier. */
      EncounterId?: string
      /** @description Other identifiers of the same encounter: its financial number, visit number, our own key. May be empty. */
      AlternativeIdentifiers?: {
        /** @description The kind of identifier, as a code: `FIN`, `VN`, `CSN`. */
        Code: string
        /** @description The kind of identifier, in words. */
        Description: string
        /** @description The identifier itself. */
        Value: string
      }[]
      /** @description The encounter was found in the EMR after a lost answer. */
      Recovered?: boolean
      /** @description Properties that this EMR has no place for. */
      NotCarried?: string[]
      Problem?: components['schemas']['Problem']
    }
    /**
     * @description How many items of a batch were tried again.
     * @example {
     *       "Matching": 50,
     *       "Retried": 50,
     *       "Erased": 0
     *     }
     */
    BatchRetry: {
      /** @description Items in the state asked for. */
      Matching: number
      /** @description Items that began a new round of attempts; 0 with `DryRun`. */
      Retried: number
      /** @description Items whose request is no longer kept, so that they cannot be tried again; 0 with `DryRun`. */
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
      /** @description The identifier by which the EMR knows the new encounter. */
      EncounterId: string
      /** @description Other identifiers of the same encounter: its financial number, visit number, our own key. May be empty. */
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
     * @description An encounter to create. A property that is `null` counts as left out, unless it is required.
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
      /** @description The EMR user who counts as the author of the encounter. */
      UserId: string
      /** @description The patient, who must be known to the EMR already. */
      PatientId: string
      /** @description What kind of identifier PatientId is (MRN, enterprise number, FHIR id), as a code of the EMR or HL7 table 0203. */
      PatientIdType?: string | null
      /** @description The encounter to create, in the codes of the EMR it goes to. */
      Encounter: {
        /**
         * Format: date-time
         * @description When the encounter begins or began: admission, arrival or visit. RFC 3339.
         */
        EncounterDateTime?: string | null
        /** @description The clinician responsible for the patient, by the identifier in the EMR. */
        AttendingProviderId?: string | null
        /**
         * Format: date-time
         * @description When the patient left; only for an encounter that is over. Not before EncounterDateTime. RFC 3339.
         */
        DischargeDateTime?: string | null
        /** @description Where the encounter stands: a code of R4 (planned, arrived, in-progress, finished), a plain word (scheduled, active, discharged), or a code of the EMR. Left out: class and times say so. Must not contradict them, and cannot be cancelled. */
        EncounterStatusId?: string | null
        /** @description The kind of visit, as a code of the EMR (Cerner: code set 71) or, in FHIR, of SNOMED CT or HL7 table 0004. */
        EncounterTypeId?: string | null
        /** @description Where in the hospital the patient is. */
        Location?: {
          /** @description The bed, by its code in the EMR. */
          BedId?: string | null
          /** @description The nursing unit, ward, clinic or department, by its code in the EMR. */
          UnitId?: string | null
          /** @description The hospital or facility, by its code in the EMR. */
          HospitalId?: string | null
          /** @description The room, by its code in the EMR. */
          RoomId?: string | null
        } | null
        /** @description The service that treats the patient (cardiology, surgery), HL7 table 0069 or local. */
        MedicalServiceId?: string | null
        /** @description Why the patient comes, in words, as at registration. */
        ReasonForVisit?: string | null
        /** @description Inpatient, outpatient, emergency and so on: HL7 table 0004 (I, O, E, P, R, B), FHIR v3-ActCode, or local. */
        PatientClassId?: string | null
        /** @description How urgent the admission is: HL7 table 0217, v3-ActPriority, or Cerner code set 3. */
        AdmitPriorityId?: string | null
        /** @description Where the patient comes from (home, transfer, referral): HL7 table 0023 or local. */
        AdmitSourceId?: string | null
        /** @description A number for the encounter that another system has given, such as a visit number. */
        EncounterAlias?: string | null
        /** @description Who pays what insurance does not, by the identifier in the EMR. */
        GuarantorId?: string | null
        /** @description Whether the guarantor is a person or an organisation: HL7 table 0068 or local. */
        GuarantorTypeId?: string | null
        /** @description What the guarantor is to the patient: HL7 table 0063 or local. */
        GuarantorRelationshipToPatientId?: string | null
        /** @description Who pays, the primary insurance first. */
        Insurances?:
          | {
              /** @description The insurance company (payer), by its identifier in the EMR. */
              CompanyId?: string | null
              /** @description Name of the insurance company. */
              CompanyName?: string | null
              /** @description The plan the patient is covered by, by its identifier in the EMR. */
              HealthPlanId?: string | null
              /** @description Name of the group the policy belongs to, usually an employer. */
              GroupName?: string | null
              /** @description Number of that group at the insurance company. */
              GroupNumber?: string | null
              /** @description What the last eligibility check found, as a code of the EMR. */
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
              /** @description What the patient is to the subscriber (self, spouse, child), as a code of the EMR or HL7 table 0063. */
              PatientRelationshipToSubscriber?: string | null
              /** @description The same the other way round: what the subscriber is to the patient (self, spouse, parent). */
              SubscriberRelationshipToPatientId?: string | null
              /** @description Where the insurance company takes claims and letters. */
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
                /** @description Postal code, with or without the four digits that may follow a US one. */
                ZIP?: string | null
                /** @description What the address is for (home, business, mailing), as a code of the EMR or HL7 table 0190. */
                TypeId?: string | null
                /** @description County or parish. */
                County?: string | null
                /** @description Country, usually as an ISO 3166 code. */
                Country?: string | null
              } | null
              /** @description Numbers of the insurance company. */
              Phones?:
                | {
                    /** @description The number as it is dialled; with area code. */
                    Number?: string | null
                    /** @description What the number is for (home, work, mobile, fax), as a code of the EMR or HL7 table 0201. */
                    TypeId?: string | null
                    /** @description Extension to dial after the number. */
                    Extension?: string | null
                    /** @description How the number is written (domestic, international), as a code of the EMR. */
                    FormatId?: string | null
                    /** @description Name of the person to ask for. */
                    Contact?: string | null
                  }[]
                | null
              /** @description What this EMR site also asks about an insurance. */
              CustomFields?:
                | {
                    /** @description Which field it is, by the identifier the EMR site gave it. */
                    FieldId?: string | null
                    /** @description What to put in it: free text, or a code of the list behind the field. */
                    ResponseValue?: string | null
                  }[]
                | null
            }[]
          | null
        /** @description Number of the account that the encounter is billed to (FIN). */
        FinancialNumber?: string | null
        /** @description Clinicians other than, or also as well as, the attending one, each with the part taken. */
        ProvidersType?:
          | {
              /** @description The provider, by the identifier in the EMR. */
              ProviderId?: string | null
              /** @description The part taken in this encounter (admitting, attending, consulting, referring), as a code of the EMR or HL7 table 0443. */
              ProviderType?: string | null
              /** @description Where the provider practises. */
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
                /** @description Postal code, with or without the four digits that may follow a US one. */
                ZIP?: string | null
                /** @description What the address is for (home, business, mailing), as a code of the EMR or HL7 table 0190. */
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
              /** @description Numbers of the provider. */
              Phones?:
                | {
                    /** @description The number as it is dialled; with area code. */
                    Number?: string | null
                    /** @description What the number is for (home, work, mobile, fax), as a code of the EMR or HL7 table 0201. */
                    TypeId?: string | null
                    /** @description Extension to dial after the number. */
                    Extension?: string | null
                    /** @description How the number is written (domestic, international), as a code of the EMR. */
                    FormatId?: string | null
                    /** @description Name of the person to ask for. */
                    Contact?: string | null
                  }[]
                | null
              /** @description Place of this provider among the others, where the EMR keeps an order. */
              InternalSequence?: string | null
            }[]
          | null
        /** @description Diagnoses known at the start, the most important first. */
        ICD10DXCodeIds?: string[] | null
        /** @description What this EMR site also asks about an encounter. */
        CustomFields?:
          | {
              /** @description Which field it is, by the identifier the EMR site gave it. */
              FieldId?: string | null
              /** @description What to put in it: free text, or a code of the list behind the field. */
              ResponseValue?: string | null
            }[]
          | null
        /** @description Which registration form or conversation the EMR is to treat it as. */
        FormType?: string | null
        /** @description The client organisation that refers the patient, by its identifier in the EMR. */
        ReferClientId?: string | null
        /**
         * Format: date-time
         * @description When a patient who is not there yet is expected. RFC 3339.
         */
        EstimatedArrivalDateTime?: string | null
        /** @description How long the patient is expected to stay; most EMRs take whole days. */
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
        /** @description The system that the encounter comes from, by its code in the EMR. */
        ContributorSystemId?: string | null
      }
      /** @description The EMR user on whose behalf the encounter is created. Required for every EMR but Epic. Sealed, never logged. Better sent as a header of this name, which wins. */
      LoginId?: string | null
      /** @description The password that goes with LoginId; required where LoginId is. Sealed, never logged. Better sent as a header of this name, which wins. */
      Password?: string | null
      /** @description Which of the configured connections of this EMR to use; `default` if left out. Better sent as a header of this name, which wins. */
      EmrInstance?: string | null
      /** @description The application that calls the gateway; goes with ApplicationKey. Better sent as a header of this name, which wins. */
      ApplicationName?: string | null
      /** @description The key of that application; goes with ApplicationName. Never stored or logged. Better sent as a header of this name, which wins. */
      ApplicationKey?: string | null
      /** @description A token for the EMR, used in place of LoginId and Password where the EMR takes one. Sealed, never logged. Better sent as a header of this name, which wins. */
      AuthorizationToken?: string | null
      /** @description `true` logs more about this one job, without patient data. Better sent as a header of this name, which wins. */
      RequestVerboseLogging?: boolean | null
      /** @description Not read, since the URL names the EMR; taken because clients send it. */
      EMRSystem?: number | string | null
    }
    /** @description Whether this process can do its work. */
    Readiness: {
      /** @description Whether requests can be accepted now; with 503 it is `false`. */
      Ready: boolean
      Checks: {
        /** @description A small write, which a full, read-only or absent Redis does not take. */
        RedisWrite: {
          /**
           * @description Only `failed` makes the process not ready.
           * @enum {string}
           */
          Status: 'ok' | 'failed' | 'unknown'
        }
        /** @description `failed` with less than 5 % left; on a cluster the node with the least. */
        RedisMemory: {
          /**
           * @description Only `failed` makes the process not ready.
           * @enum {string}
           */
          Status: 'ok' | 'failed' | 'unknown'
          /** @description What Redis holds now. */
          UsedBytes?: number
          /** @description Its `maxmemory`, or `unlimited`. */
          MaxBytes?: number | string
        }
        /** @description Told, not judged: it does not make the process not ready. */
        RedisDurability: {
          /**
           * @description What of the accepted jobs outlives a crash of Redis. `unknown`: Redis does not tell, as many managed services do not.
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
      /** @description The figures. */
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
      query?: never
      header?: {
        /** @description The EMR user on whose behalf the encounter is created. Required for every EMR but Epic. Sealed, never logged. */
        LoginId?: string
        /** @description The password that goes with LoginId; required where LoginId is. Sealed, never logged. */
        Password?: string
        /** @description Which of the configured connections of this EMR to use; `default` if left out. */
        EmrInstance?: string
        /** @description A token for the EMR, used in place of LoginId and Password where the EMR takes one. Sealed, never logged. */
        AuthorizationToken?: string
        /** @description `true` logs more about this one job, without patient data; `false` is the default. */
        RequestVerboseLogging?: string
        /** @description `wait=N`: hold the reply up to N seconds (60 at most) for the outcome. `respond-async`: do not. */
        Prefer?: string
        /** @description 1 to 255 characters. The same key with the same content names the same job or batch, however often it is sent; with another content it is refused: 422, with the JobId or BatchId that the key names. It counts for one application and connection, while the job or batch is under way and then for as long as results are kept (`resultHours`, 72 if nothing else is set) after the job, or the last item of the batch, has ended. Used again after that it is a new key, and makes new encounters, with the same content too. */
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
      /** @description The encounter exists in the EMR. Only with `Prefer: wait=N`. */
      201: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Which preferences of the `Prefer` header were followed. */
          'Preference-Applied'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['EncounterCreated']
        }
      }
      /** @description The job is accepted and durable, and has not ended. */
      202: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description The path of the job. */
          Location?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description Which preferences of the `Prefer` header were followed. */
          'Preference-Applied'?: string
          /** @description `true`: the Idempotency-Key was used before; this is its job. */
          'Idempotency-Replayed'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Job']
        }
      }
      /** @description `invalid-json`: The body is not valid JSON. `invalid-request`: The request is not valid. `invalid-header`: A header of the request is not valid. `emr-rejected-content`: The EMR did not accept the content. */
      400: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: The application is not known. `emr-login-failed`: The EMR did not accept the login. */
      401: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description That the application is to identify itself. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `forbidden`: The application may not use this EMR. `emr-refused-user`: The EMR does not allow this to the user. */
      403: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unknown-emr-system`: There is no such EMR system. `unknown-connection`: No connection to this EMR is configured. */
      404: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `outcome-unknown`: It is not known whether the EMR created the encounter. `emr-timeout`: The EMR did not answer in time. `expired`: The job was not done before its deadline. */
      408: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `cancelled`: The job was cancelled before the EMR saw it. */
      409: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported-media-type`: The body is of a type that is not taken here. */
      415: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `idempotency-mismatch`: The Idempotency-Key was used with another content. */
      422: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description How many requests the application may send in which time. */
          'RateLimit-Policy'?: string
          /** @description How many of them are left, and when it starts anew. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: The gateway failed. `dispatch-failed`: The gateway failed to send the encounter. */
      500: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `emr-unavailable`: The EMR could not be reached or could not do it. */
      502: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
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
        /** @description `wait=N`: hold the reply up to N seconds (60 at most) for the outcome. `respond-async`: do not. */
        Prefer?: string
        /** @description An ETag of an earlier reply: 304 if nothing has changed. */
        'If-None-Match'?: string
      }
      path: {
        /** @description The job, by the id that its 202 gave. */
        JobId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The job. */
      200: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Names this state of the job; send it as `If-None-Match`. */
          ETag?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description Which preferences of the `Prefer` header were followed. */
          'Preference-Applied'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Job']
        }
      }
      /** @description The job is as the ETag says. */
      304: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Names this state of the job; send it as `If-None-Match`. */
          ETag?: string
          [name: string]: unknown
        }
        content?: never
      }
      /** @description `unauthorized`: The application is not known. */
      401: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description That the application is to identify itself. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: There is nothing here. */
      404: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description How many requests the application may send in which time. */
          'RateLimit-Policy'?: string
          /** @description How many of them are left, and when it starts anew. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: The gateway failed. */
      500: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
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
        /** @description The job, by the id that its 202 gave. */
        JobId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The job is cancelled. */
      204: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content?: never
      }
      /** @description `unauthorized`: The application is not known. */
      401: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description That the application is to identify itself. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: There is nothing here. */
      404: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The job or batch is not in a state that allows this. */
      409: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description How many requests the application may send in which time. */
          'RateLimit-Policy'?: string
          /** @description How many of them are left, and when it starts anew. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: The gateway failed. */
      500: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
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
        /** @description `wait=N`: hold the reply up to N seconds (60 at most) for the outcome. `respond-async`: do not. */
        Prefer?: string
      }
      path: {
        /** @description The job, by the id that its 202 gave. */
        JobId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The encounter exists in the EMR. */
      201: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Which preferences of the `Prefer` header were followed. */
          'Preference-Applied'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['EncounterCreated']
        }
      }
      /** @description The job is accepted and durable, and has not ended. */
      202: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description The path of the job. */
          Location?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description Which preferences of the `Prefer` header were followed. */
          'Preference-Applied'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Job']
        }
      }
      /** @description `emr-rejected-content`: The EMR did not accept the content. */
      400: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: The application is not known. `emr-login-failed`: The EMR did not accept the login. */
      401: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description That the application is to identify itself. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `emr-refused-user`: The EMR does not allow this to the user. */
      403: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: There is nothing here. */
      404: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `outcome-unknown`: It is not known whether the EMR created the encounter. `emr-timeout`: The EMR did not answer in time. `expired`: The job was not done before its deadline. */
      408: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `cancelled`: The job was cancelled before the EMR saw it. */
      409: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `gone`: The result is no longer kept. */
      410: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description How many requests the application may send in which time. */
          'RateLimit-Policy'?: string
          /** @description How many of them are left, and when it starts anew. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: The gateway failed. `dispatch-failed`: The gateway failed to send the encounter. */
      500: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `emr-unavailable`: The EMR could not be reached or could not do it. */
      502: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
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
      header?: never
      path: {
        /** @description The job, by the id that its 202 gave. */
        JobId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The job is accepted and durable, and has not ended. */
      202: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description The path of the job. */
          Location?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description Which preferences of the `Prefer` header were followed. */
          'Preference-Applied'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Job']
        }
      }
      /** @description `unauthorized`: The application is not known. */
      401: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description That the application is to identify itself. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: There is nothing here. */
      404: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The job or batch is not in a state that allows this. */
      409: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `gone`: The result is no longer kept. */
      410: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description How many requests the application may send in which time. */
          'RateLimit-Policy'?: string
          /** @description How many of them are left, and when it starts anew. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: The gateway failed. */
      500: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
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
        /** @description Where the job stands. `Queued`: waits for its first attempt. `Running`: an attempt is under way. `Retrying`: waits for its next attempt. `Parked`: held back, without spending attempts, until the EMR can take it. Then, for good: `Succeeded`, `Failed`, `OutcomeUnknown` (the EMR may or may not have the encounter; a person must look), `Cancelled`, `Expired` (its deadline passed first). */
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
        /** @description Only jobs of this batch, in the order of its items. */
        BatchId?: string
        /** @description The `Cursor` of the page before this one. */
        Cursor?: string
        /** @description Jobs on a page; 50 if left out. */
        Limit?: number
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description One page. */
      200: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @description The jobs of this page, newest first. */
            Jobs: components['schemas']['Job'][]
            /** @description Send it back as `Cursor` for the next page; left out on the last one. */
            Cursor?: string
          }
        }
      }
      /** @description `invalid-request`: The request is not valid. */
      400: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: The application is not known. */
      401: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description That the application is to identify itself. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description How many requests the application may send in which time. */
          'RateLimit-Policy'?: string
          /** @description How many of them are left, and when it starts anew. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: The gateway failed. */
      500: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
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
        /** @description The batch, by the id that its 202 gave. */
        BatchId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The batch. */
      200: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Batch']
        }
      }
      /** @description `unauthorized`: The application is not known. */
      401: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description That the application is to identify itself. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: There is nothing here. */
      404: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description How many requests the application may send in which time. */
          'RateLimit-Policy'?: string
          /** @description How many of them are left, and when it starts anew. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: The gateway failed. */
      500: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
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
        /** @description The batch, by the id that its 202 gave. */
        BatchId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The batch is being cancelled. */
      202: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Batch']
        }
      }
      /** @description `unauthorized`: The application is not known. */
      401: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description That the application is to identify itself. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: There is nothing here. */
      404: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The job or batch is not in a state that allows this. */
      409: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description How many requests the application may send in which time. */
          'RateLimit-Policy'?: string
          /** @description How many of them are left, and when it starts anew. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: The gateway failed. */
      500: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
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
        /** @description The batch, by the id that its 202 gave. */
        BatchId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description One line per item. */
      200: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/x-ndjson': components['schemas']['BatchItem']
        }
      }
      /** @description `unauthorized`: The application is not known. */
      401: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description That the application is to identify itself. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: There is nothing here. */
      404: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description How many requests the application may send in which time. */
          'RateLimit-Policy'?: string
          /** @description How many of them are left, and when it starts anew. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: The gateway failed. */
      500: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
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
        /** @description The batch, by the id that its 202 gave. */
        BatchId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The events. */
      200: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'text/event-stream': string
        }
      }
      /** @description `unauthorized`: The application is not known. */
      401: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description That the application is to identify itself. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: There is nothing here. */
      404: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description How many requests the application may send in which time. */
          'RateLimit-Policy'?: string
          /** @description How many of them are left, and when it starts anew. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: The gateway failed. */
      500: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
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
        /** @description Which items: `Failed`, if left out; `OutcomeUnknown`, where the EMR is asked first if it can be; `Expired` or `Cancelled`, which were never sent. */
        Status?: 'Failed' | 'OutcomeUnknown' | 'Expired' | 'Cancelled'
        /** @description Only counts them. */
        DryRun?: boolean
      }
      header?: never
      path: {
        /** @description The batch, by the id that its 202 gave. */
        BatchId: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description How many they are; nothing was done. */
      200: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['BatchRetry']
        }
      }
      /** @description They wait for their turn again. */
      202: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: The application is not known. */
      401: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description That the application is to identify itself. */
          'WWW-Authenticate'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: There is nothing here. */
      404: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The job or batch is not in a state that allows this. */
      409: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description How many requests the application may send in which time. */
          'RateLimit-Policy'?: string
          /** @description How many of them are left, and when it starts anew. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: The gateway failed. */
      500: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
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
        /** @description Which of the configured connections of this EMR to use; `default` if left out. */
        EmrInstance?: string
        /** @description 1 to 255 characters. The same key with the same content names the same job or batch, however often it is sent; with another content it is refused: 422, with the JobId or BatchId that the key names. It counts for one application and connection, while the job or batch is under way and then for as long as results are kept (`resultHours`, 72 if nothing else is set) after the job, or the last item of the batch, has ended. Used again after that it is a new key, and makes new encounters, with the same content too. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description The path of the job. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: The application is not known. */
      401: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description That the application is to identify itself. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `not-found`: There is nothing here. `unknown-emr-system`: There is no such EMR system. `unknown-connection`: No connection to this EMR is configured. */
      404: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description How many requests the application may send in which time. */
          'RateLimit-Policy'?: string
          /** @description How many of them are left, and when it starts anew. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: The gateway failed. */
      500: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
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
        /** @description Which of the configured connections of this EMR to use; `default` if left out. */
        EmrInstance?: string
        /** @description The EMR user on whose behalf the encounter is created. Required for every EMR but Epic. Sealed, never logged. */
        LoginId?: string
        /** @description The password that goes with LoginId; required where LoginId is. Sealed, never logged. */
        Password?: string
        /** @description A token for the EMR, used in place of LoginId and Password where the EMR takes one. Sealed, never logged. */
        AuthorizationToken?: string
        /** @description `true` logs more about this one job, without patient data; `false` is the default. */
        RequestVerboseLogging?: string
        /** @description 1 to 255 characters. The same key with the same content names the same job or batch, however often it is sent; with another content it is refused: 422, with the JobId or BatchId that the key names. It counts for one application and connection, while the job or batch is under way and then for as long as results are kept (`resultHours`, 72 if nothing else is set) after the job, or the last item of the batch, has ended. Used again after that it is a new key, and makes new encounters, with the same content too. */
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
      /** @description The stream was read to its end; what was accepted is durable. */
      202: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description The path of the job. */
          Location?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description `true`: the Idempotency-Key was used before; this is its job. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unauthorized`: The application is not known. */
      401: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description That the application is to identify itself. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unknown-emr-system`: There is no such EMR system. `unknown-connection`: No connection to this EMR is configured. */
      404: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `upload-stalled`: The upload came to a halt. */
      408: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `conflict`: The job or batch is not in a state that allows this. */
      409: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `unsupported-media-type`: The body is of a type that is not taken here. */
      415: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `idempotency-mismatch`: The Idempotency-Key was used with another content. */
      422: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
          'Retry-After'?: number
          /** @description How many requests the application may send in which time. */
          'RateLimit-Policy'?: string
          /** @description How many of them are left, and when it starts anew. */
          RateLimit?: string
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description `internal`: The gateway failed. */
      500: {
        headers: {
          /** @description Names this request in the log of the gateway; yours if you sent one. */
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
          /** @description Names this request in the log of the gateway; yours if you sent one. */
          'X-Request-Id'?: string
          /** @description Ask again after so many seconds. */
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
}
