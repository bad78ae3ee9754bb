import { createHmac, type KeyObject } from 'node:crypto'
import type { ConnectionName } from '../contract/connection-name.ts'
import { derivedId } from '../sealing/job-id.ts'
import { seal, type SealingKey, type SealingKeys } from '../sealing/seal.ts'
import { withHead } from './item-payload.ts'

/** Length of the print by which each line of a batch is recognised, in bytes. */
export const PRINT_BYTES = 8

/**
 * Suffix of the `keyId` of a batch whose JobIds are derived from the prints of its items as well. Those of a batch
 * begun before 2026-11-28 are not, and a process of such a version skips batches with an unknown `keyId`.
 */
const BY_PRINT = '+print'

/** A batch. Its JobIds are derived as `keyId` says: the id of a sealing key, usually followed by `BY_PRINT`. */
export type BatchRef = { batchId: string; application: string; keyId: string }

/** The `keyId` of a new batch, for the current sealing key. */
export function newKeyId({ id }: SealingKey): string {
  return id + BY_PRINT
}

/** Every `keyId` from which JobIds can be derived with these sealing keys. */
export function usableKeyIds(sealingKeys: SealingKeys): string[] {
  return sealingKeys.flatMap((key) => [key.id, newKeyId(key)])
}

/** The id of the sealing key in a `keyId`. */
export function sealingKeyIdIn(keyId: string): string {
  return keyId.endsWith(BY_PRINT) ? keyId.slice(0, -BY_PRINT.length) : keyId
}

/**
 * A line of an upload, about to be sealed: the payload of a valid item (`q`), or the reason for its rejection as JSON
 * (`r`).
 */
export type PlainItem = { state: 'q' | 'r'; plain: Buffer; bytes: Buffer }

/** A line of an upload as stored by batch-accept.lua. A rejected line has no JobId. */
export type ItemRecord = { state: 'q' | 'r'; print: Buffer; jobId: string; sealed: Buffer }

/** The secrets for the ids, prints and seals of a connection's batches. */
export type ItemSecrets = { connection: ConnectionName; sealingKeys: SealingKeys }

/** Seals consecutive items, beginning at index `first` of the batch. This is a third of the cost of an item. */
export function itemRecords(
  secrets: ItemSecrets,
  batch: BatchRef,
  first: number,
  items: readonly PlainItem[],
): ItemRecord[] {
  const { sealingKeys } = secrets
  const { derivationSecret } = sealingKeyOf(sealingKeys, batch)
  const { application, batchId } = batch
  return items.map(({ state, plain, bytes }, at) => {
    const index = first + at
    const print = printOf(derivationSecret, bytes)
    if (state === 'r')
      return { state, print, jobId: '', sealed: seal(sealingKeys, plain, rejectionBinding(batch, index)) }
    const jobId = itemJobId(secrets, batch, index, print.toString('hex'))
    const sealed = seal(sealingKeys, plain, { kind: 'payload', application, jobId })
    return { state, print, jobId, sealed: withHead({ application, BatchId: batchId, ItemIndex: index }, sealed) }
  })
}

/**
 * Derives the JobId of an item from its index and its print (hex): if Redis has lost a batch and it is begun anew in
 * the same period, a different line must not get the same JobId. Throws if the sealing key is not configured.
 */
export function itemJobId(
  { connection, sealingKeys }: ItemSecrets,
  batch: BatchRef,
  index: number,
  print: string,
): string {
  const { derivationSecret } = sealingKeyOf(sealingKeys, batch)
  const names = batch.keyId.endsWith(BY_PRINT) ? [index, print] : [index]
  return derivedId(connection, derivationSecret, 'item', batch.batchId, ...names)
}

/**
 * The print by which an item is recognised: 64 bits of a keyed hash of its bytes. Without the key it reveals nothing of
 * them.
 */
export function printOf(secret: KeyObject, bytes: Buffer): Buffer {
  return createHmac('sha256', secret).update('item\n').update(bytes).digest().subarray(0, PRINT_BYTES)
}

export function rejectionBinding({ batchId, application }: BatchRef, index: number) {
  return { kind: 'rejection', application, jobId: `${batchId}/${index}` } as const
}

export function sealingKeyOf(sealingKeys: SealingKeys, { keyId }: BatchRef): SealingKey {
  const keyName = sealingKeyIdIn(keyId)
  const key = sealingKeys.find(({ id }) => id === keyName)
  if (!key) {
    throw new TypeError(
      `sealing key '${keyName}', from which the JobIds of this batch are derived, is no longer configured`,
    )
  }
  return key
}
