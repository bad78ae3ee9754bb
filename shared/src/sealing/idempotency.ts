import { createHmac } from 'node:crypto'
import stableStringify from 'safe-stable-stringify'
import type { ConnectionName } from '../contract/connection-name.ts'
import { takeEncounter, type PatientEncounterRequest } from '../contract/patient-encounter.ts'
import { derivedId } from './job-id.ts'
import type { SealingKey, SealingKeys } from './seal.ts'

/** An Idempotency-Key under one sealing key: the name of its record, and the content it came with. */
export type KeyedContent = { name: string; fingerprint: string }

/** Whose Idempotency-Key it is, and where it counts. */
export type IdempotencyScope = { application: string; connection: ConnectionName; key: string }

/** A stretch of time, by its number and length. The ids that one key gives in different periods are different. */
export type KeyPeriod = { number: number; lengthMs: number }

/** The period that a time (ms since the epoch) lies in, and the one before: near its begin a key may have been used in that one. */
export function periodsAt(atMs: number, lengthMs: number): [KeyPeriod, KeyPeriod] {
  const number = Math.floor(atMs / lengthMs)
  return [
    { number, lengthMs },
    { number: number - 1, lengthMs },
  ]
}

/**
 * One candidate per configured sealing key, in their order: a key that was rotated is still recognised while it is listed.
 * The fingerprint, `<id of the sealing key>:<HMAC in hex>`, is of what the connector gets to see: order of properties, `null`
 * and the header parameters (credentials among them) make no difference. Without the key it says nothing of the content.
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
 * The JobId of a key that is used for the first time in a period. An EMR knows a JobId for ever, so that another content, or the
 * key used again after its time, must never give it; the same request, sent again to a store that forgot it, must (docs/adr/0011).
 */
export function keyedJobId(
  { derivationSecret }: SealingKey,
  { application, connection, key }: IdempotencyScope,
  fingerprint: string,
  { number, lengthMs }: KeyPeriod,
): string {
  return derivedId(connection, derivationSecret, 'keyed-job', application, key, fingerprint, number, lengthMs)
}

/** The name under which the batch of an Idempotency-Key is kept. */
export function batchKeyName(
  { derivationSecret }: SealingKey,
  { application, connection, key }: IdempotencyScope,
): string {
  return derivedId(connection, derivationSecret, 'batch', application, key)
}

/** The BatchId of a key that is used for the first time in a period. What is in the batch is not known yet; see `itemJobId`. */
export function keyedBatchId(
  { derivationSecret }: SealingKey,
  { application, connection, key }: IdempotencyScope,
  { number, lengthMs }: KeyPeriod,
): string {
  return derivedId(connection, derivationSecret, 'keyed-batch', application, key, number, lengthMs)
}

/** Whether `kept`, the fingerprint of the key's first use, is that of the same content, under whichever sealing key. */
export function isSameContent(candidates: readonly KeyedContent[], kept: string): boolean {
  return candidates.some(({ fingerprint }) => fingerprint === kept)
}
