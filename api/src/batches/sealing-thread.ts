import { itemRecords, type BatchRef } from '@encounter-gateway/shared/records/item-records.ts'
import { sealingKey, type SealingKeys } from '@encounter-gateway/shared/sealing/seal.ts'
import type { ConnectionName } from '@encounter-gateway/shared/contract/connection-name.ts'
import type { KeyObject } from 'node:crypto'
import { Tinypool } from 'tinypool'
import { packBytes, unpackBytes, type PackedBytes } from './packed-bytes.ts'

/** The data passed to the thread at its start: the configured sealing keys, in their order. */
export type SealingThreadData = { id: string; key: KeyObject }[]

/** Items of a batch to seal: `packed` contains, for each item, its bytes and then its plain text. */
export type SealingTask = {
  connection: ConnectionName
  batch: BatchRef
  first: number
  states: ('q' | 'r')[]
  packed: PackedBytes
}

/** Sealed items: `packed` contains, for each item, its print and then its sealed bytes. */
export type SealedItems = { jobIds: string[]; packed: PackedBytes }

const sealingKeys = (Tinypool.workerData as SealingThreadData).map(({ id, key }) =>
  sealingKey(id, key.export()),
) as SealingKeys

/** Seals items; item-sealing.ts runs this in a separate thread. */
export default function sealItems({ connection, batch, first, states, packed }: SealingTask): SealedItems {
  const parts = unpackBytes(packed)
  const items = states.map((state, at) => ({
    state,
    bytes: parts[at * 2] as Buffer,
    plain: parts[at * 2 + 1] as Buffer,
  }))
  const records = itemRecords({ connection, sealingKeys }, batch, first, items)
  return {
    jobIds: records.map(({ jobId }) => jobId),
    packed: packBytes(records.flatMap(({ print, sealed }) => [print, sealed])),
  }
}
