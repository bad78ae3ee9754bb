import type { PatientEncounterRequest } from '../contract/patient-encounter.ts'

/** What travels sealed from intake to the attempt: the request as it came, and what its headers said. */
export type Payload = {
  credentials: { loginId?: string; password?: string; authorizationToken?: string }
  /** `RequestVerboseLogging`: this one job is logged at debug level. */
  verbose: boolean
  request: PatientEncounterRequest
}

/**
 * Packs a validated request around its own bytes: they are JSON already and are parsed once, by the worker.
 */
export function packPayload(head: Omit<Payload, 'request'>, rawBody: Buffer): Buffer {
  const start = `{"credentials":${JSON.stringify(head.credentials)},"verbose":${head.verbose},"request":`
  return Buffer.concat([Buffer.from(start), rawBody, Buffer.from('}')])
}

/** Undoes `packPayload`. */
export function unpackPayload(packed: Buffer): Payload {
  return JSON.parse(packed.toString()) as Payload
}
