import type { PatientEncounterRequest } from '../contract/patient-encounter.ts'

/** The content of a sealed payload: the request as received, and the parameters from its headers. */
export type Payload = {
  credentials: { loginId?: string; password?: string; authorizationToken?: string }
  /** `RequestVerboseLogging`: this job is logged at debug level. */
  verbose: boolean
  request: PatientEncounterRequest
}

/**
 * Packs a validated request without serialising it again: its bytes are JSON already, and only the worker parses them.
 */
export function packPayload(head: Omit<Payload, 'request'>, rawBody: Buffer): Buffer {
  const start = `{"credentials":${JSON.stringify(head.credentials)},"verbose":${head.verbose},"request":`
  return Buffer.concat([Buffer.from(start), rawBody, Buffer.from('}')])
}

/** Undoes `packPayload`. */
export function unpackPayload(packed: Buffer): Payload {
  return JSON.parse(packed.toString()) as Payload
}

/** The same payload with other credentials; the bytes of the request stay as they are. */
export function withCredentials(packed: Buffer, credentials: Payload['credentials']): Buffer {
  // within a text of JSON a quote is escaped, so the first such place is the true one
  const at = packed.indexOf(',"request":')
  const { verbose } = JSON.parse(`${packed.toString('utf8', 0, at)}}`) as Pick<Payload, 'verbose'>
  return packPayload({ credentials, verbose }, packed.subarray(at + ',"request":'.length, packed.length - 1))
}
