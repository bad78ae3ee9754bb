import { createHmac } from 'node:crypto'
import stableStringify from 'safe-stable-stringify'
import type { ConnectionName } from '../contract/connection-name.ts'
import { takeEncounter, type PatientEncounterRequest } from '../contract/patient-encounter.ts'
import { derivedId } from './job-id.ts'
import type { SealingKeys } from './seal.ts'

/** What an Idempotency-Key stands for under one sealing key: the job it names and the content it came with. */
export type IdempotencyCandidate = { jobId: string; fingerprint: string }

/** Whose Idempotency-Key it is, and where it counts. */
export type IdempotencyScope = { application: string; connection: ConnectionName; key: string }

/**
 * One candidate per configured sealing key, in their order: a key that was rotated is still recognised while it is listed.
 * The fingerprint, `<id of the sealing key>:<HMAC in hex>`, is of what the connector gets to see: order of properties, `null`
 * and the header parameters (credentials among them) make no difference. Without the key it says nothing of the content.
 */
export function idempotencyCandidates(
  sealingKeys: SealingKeys,
  { application, connection, key }: IdempotencyScope,
  request: PatientEncounterRequest,
): IdempotencyCandidate[] {
  const { emrSystem, emrInstance } = connection
  const content = stableStringify(['content', application, emrSystem, emrInstance, takeEncounter(request)])
  return sealingKeys.map(({ id, derivationSecret }) => ({
    jobId: derivedId(connection, derivationSecret, 'job-id', application, key),
    fingerprint: `${id}:${createHmac('sha256', derivationSecret).update(content).digest('hex')}`,
  }))
}

/** Whether `kept`, the fingerprint of the key's first use, is that of the same content, under whichever sealing key. */
export function isSameContent(candidates: readonly IdempotencyCandidate[], kept: string): boolean {
  return candidates.some(({ fingerprint }) => fingerprint === kept)
}
