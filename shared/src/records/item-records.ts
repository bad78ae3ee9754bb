import { createHmac, type KeyObject } from 'node:crypto'
import type { ConnectionName } from '../contract/connection-name.ts'
import { derivedId } from '../sealing/job-id.ts'
import { seal, type SealingKey, type SealingKeys } from '../sealing/seal.ts'
import { withHead } from './item-payload.ts'

/** By so many bytes each line of a batch is known again. */
export const PRINT_BYTES = 8

/**
 * Ends `keyId` where the JobIds of a batch are made of the items' prints as well. Those of a batch begun before 2026-11-28 are not; and a
 * process of such a version leaves a batch alone whose `keyId` it does not know.
 */
const BY_PRINT = '+print'

/** A batch, and what its JobIds are derived from, `keyId`: the id of a sealing key and `BY_PRINT`. */
export type BatchRef = { batchId: string; application: string; keyId: string }

/** What the JobIds of a new batch come from, by the sealing key that is in use. */
export function newKeyId({ id }: SealingKey): string {
  return id + BY_PRINT
}

/** Every `keyId` of which JobIds can be made with these sealing keys. */
export function usableKeyIds(sealingKeys: SealingKeys): string[] {
  return sealingKeys.flatMap((key) => [key.id, newKeyId(key)])
}

/** The sealing key in a `keyId`. */
export function sealingKeyIdIn(keyId: string): string {
  return keyId.endsWith(BY_PRINT) ? keyId.slice(0, -BY_PRINT.length) : keyId
}

/** One line of an upload, about to be sealed: a valid item's payload (`q`), or why the line is rejected, as JSON (`r`). */
export type PlainItem = { state: 'q' | 'r'; plain: Buffer; bytes: Buffer }

/** One line of an upload as batch-accept.lua stores it. A rejected one has no JobId. */
export type ItemRecord = { state: 'q' | 'r'; print: Buffer; jobId: string; sealed: Buffer }

/** What the ids, prints and seals of a connection's batches are made with. */
export type ItemSecrets = { connection: ConnectionName; sealingKeys: SealingKeys }

/** Seals items that follow each other, the first of them being number `first` of the batch. A third of what an item costs. */
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
 * The JobId of an item by its place and its print (hex): a batch begun anew in the same period, because the store forgot it, must not
 * give the JobIds of its lines to others. Throws if the sealing key that it is derived from is not configured.
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

/** What an item is known again by: a keyed hash of its bytes, 64 bits of it. Without the key it says nothing of them. */
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
    throw new TypeError(`sealing key '${keyName}', which the JobIds of this batch come from, is no longer configured`)
  }
  return key
}
