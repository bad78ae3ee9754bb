import { createHmac } from 'node:crypto'
import stableStringify from 'safe-stable-stringify'
import type { ConnectionName } from '../contract/connection-name.ts'
import { takeEncounter, type PatientEncounterRequest } from '../contract/patient-encounter.ts'
import { derivedId } from './job-id.ts'
import type { SealingKey, SealingKeys } from './seal.ts'

/** An Idempotency-Key under one sealing key: the name of its record, and the fingerprint of its content. */
export type KeyedContent = { name: string; fingerprint: string }

/** An Idempotency-Key with its application and connection. */
export type IdempotencyScope = { application: string; connection: ConnectionName; key: string }

/** A period of time, by its number and length. The same key yields different ids in different periods. */
export type KeyPeriod = { number: number; lengthMs: number }

/** The period of a time (ms since the epoch) and the one before, in which a key may have been used shortly before. */
export function periodsAt(atMs: number, lengthMs: number): [KeyPeriod, KeyPeriod] {
  const number = Math.floor(atMs / lengthMs)
  return [
    { number, lengthMs },
    { number: number - 1, lengthMs },
  ]
}

/**
 * One candidate per configured sealing key, in their order, so that Idempotency-Keys survive a rotation as long as the
 * old sealing key is listed. The fingerprint, `<id of the sealing key>:<HMAC in hex>`, covers the part that the
 * connector receives: the order of properties, `null` and the header parameters (including credentials) make no
 * difference. Without the key it reveals nothing.
 */
export function idempotencyCandidates(
  sealingKeys: SealingKeys,
  scope: IdempotencyScope,
  request: PatientEncounterRequest,
): [KeyedContent, ...KeyedContent[]] {
  const { application, connection, key } = scope
  const { emrSystem, emrInstance } = connection
  const content = stableStringify(['content', application, emrSystem, emrInstance, takeEncounter(request)])
  const candidate = ({ id, derivationSecret }: SealingKey): KeyedContent => ({
    name: derivedId(connection, derivationSecret, 'job-id', application, key),
    fingerprint: `${id}:${createHmac('sha256', derivationSecret).update(content).digest('hex')}`,
  })
  const [own, ...older] = sealingKeys
  return [candidate(own), ...older.map(candidate)]
}

/**
 * The JobId for the first use of a key in a period. An EMR remembers a JobId for ever: different content, or a key used
 * again after its retention, must never yield the same JobId; the same request, sent again after Redis has lost it,
 * must (docs/adr/0011).
 */
export function keyedJobId(
  { derivationSecret }: SealingKey,
  { application, connection, key }: IdempotencyScope,
  fingerprint: string,
  { number, lengthMs }: KeyPeriod,
): string {
  return derivedId(connection, derivationSecret, 'keyed-job', application, key, fingerprint, number, lengthMs)
}

/** The name of the record of a batch's Idempotency-Key. */
export function batchKeyName(
  { derivationSecret }: SealingKey,
  { application, connection, key }: IdempotencyScope,
): string {
  return derivedId(connection, derivationSecret, 'batch', application, key)
}

/** The BatchId for the first use of a key in a period. The content of the batch is not known yet; see `itemJobId`. */
export function keyedBatchId(
  { derivationSecret }: SealingKey,
  { application, connection, key }: IdempotencyScope,
  { number, lengthMs }: KeyPeriod,
): string {
  return derivedId(connection, derivationSecret, 'keyed-batch', application, key, number, lengthMs)
}

/** Whether `kept`, the fingerprint of the key's first use, matches the content under any sealing key. */
export function isSameContent(candidates: readonly KeyedContent[], kept: string): boolean {
  return candidates.some(({ fingerprint }) => fingerprint === kept)
}
