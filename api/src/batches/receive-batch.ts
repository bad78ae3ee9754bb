import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import type { RejectedItem } from '@encounter-gateway/shared/contract/batch.ts'
import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import { ITEMS_AT_MOST, type KeyedBatchRef } from '@encounter-gateway/shared/records/batches.ts'
import type { BatchRef } from '@encounter-gateway/shared/records/item-records.ts'
import type { FastifyInstance } from 'fastify'
import { setImmediate } from 'node:timers/promises'
import type { EmrConnection } from '../connections/connections.ts'
import { Refusal } from '../http/refusal.ts'
import type { ReadItem } from './read-item.ts'
import type { ItemSplitter, RawItem } from './split-items.ts'

/** Items stored per call: few enough that reading them does not delay other requests for long. */
const ITEMS_AT_ONCE = 50
const BYTES_AT_ONCE = 256 * 1024
const REJECTIONS_TOLD = 100

/** An upload to read. */
export type Upload = {
  application: Application
  connection: EmrConnection
  batch: KeyedBatchRef
  /** Number of items stored by earlier uploads with the same Idempotency-Key. */
  itemsKnown: number
  pieces: AsyncIterable<Buffer>
  splitter: ItemSplitter
  read: (item: RawItem, index: number) => ReadItem
  /** Called when items have been stored under the batch. */
  begun: () => void
}

/** The result of an upload; `rejections` contains the first hundred. */
export type Received = { items: number; rejections: RejectedItem[] }

/**
 * Stores the items of an upload as they arrive, in order, a few at a time: one chunk is being stored and the next
 * sealed while a third is read; the socket applies back-pressure. If the upload breaks off, stored items stay accepted.
 * Throws what `pieces` throws, or a refusal.
 */
export async function receiveBatch(app: FastifyInstance, upload: Upload): Promise<Received> {
  const { splitter, read, itemsKnown, connection } = upload
  const { batches } = connection.records
  const rejections: RejectedItem[] = []
  let items = 0
  let gathered: ReadItem[] = []
  let bytes = 0
  let known: RawItem[] = []
  let storing: Promise<void> = Promise.resolve()
  let storingBefore: Promise<void> = storing

  async function store(): Promise<void> {
    const first = items - gathered.length
    const chunk = gathered
    gathered = []
    bytes = 0
    await storingBefore
    storingBefore = storing
    storing = storeItems(app, upload, first, chunk, storing)
    // a failure is handled by the next await
    storing.catch(() => undefined)
    // lets sealed items go on to Redis, and other requests run
    await setImmediate()
  }

  async function compareKnown(): Promise<void> {
    const first = items - known.length
    const same = await batches.knownItems(upload.batch, first, known)
    if (same < known.length) throw differs(first + same, upload.batch)
    known = []
  }

  async function take(raws: RawItem[]): Promise<void> {
    for (const raw of raws) {
      if (items >= ITEMS_AT_MOST) {
        throw new Refusal(
          'payload-too-large',
          `A batch may have at most ${ITEMS_AT_MOST} items; send the rest as another batch.`,
        )
      }
      if (items < itemsKnown) {
        known.push(raw)
        items++
        if (known.length === ITEMS_AT_ONCE) await compareKnown()
        continue
      }
      if (known.length > 0) await compareKnown()
      const item = read(raw, items)
      items++
      if (item.rejection && rejections.length < REJECTIONS_TOLD) rejections.push(item.rejection)
      gathered.push(item)
      bytes += item.bytes.length
      if (gathered.length === ITEMS_AT_ONCE || bytes >= BYTES_AT_ONCE) await store()
    }
  }

  try {
    for await (const piece of upload.pieces) await take(splitter.push(piece))
    await take(splitter.end())
  } catch (error) {
    // items that arrived complete before the upload broke off are stored
    if (gathered.length > 0) await store().catch(() => undefined)
    await storing.catch(() => undefined)
    throw error
  }
  if (known.length > 0) await compareKnown()
  if (gathered.length > 0) await store()
  await storing
  return { items, rejections }
}

async function storeItems(
  app: FastifyInstance,
  { connection, application, batch, begun }: Upload,
  first: number,
  items: ReadItem[],
  before: Promise<void>,
): Promise<void> {
  const records = await app.sealItems(connection.settings, batch, first, items)
  await before
  await app.checkCapacity(connection, application)
  const said = await connection.records.batches.accept(batch, first, records)
  switch (said.kind) {
    case 'accepted':
      begun()
      app.countAccepted(connection.settings, said.accepted)
      if (said.accepted > 0) connection.records.turns.poke()
      return
    case 'differs':
      throw differs(said.index, batch)
    case 'closed':
      throw new Refusal(
        'idempotency-mismatch',
        `The earlier upload with this Idempotency-Key was complete, with ${said.items} items; use a new key.`,
        { BatchId: batch.batchId },
      )
    case 'abandoned':
      throw new Refusal(
        'conflict',
        `This upload was not gone on with in time and was closed after ${said.items} items; send the others as another batch.`,
        { BatchId: batch.batchId },
      )
    case 'cancelled':
      throw new Refusal('conflict', 'The batch has been cancelled; it accepts no more items.')
  }
}

function differs(index: number, { batchId: BatchId }: BatchRef): Refusal {
  const Errors = [{ Pointer: `/${index}`, Message: 'differs from the earlier upload' }]
  const detail = `Item ${index} differs from that of the earlier upload with this Idempotency-Key; use a new key.`
  return new Refusal('idempotency-mismatch', detail, { BatchId, Errors })
}

/** The fields for the log line of the request. */
export function noteOf(connection: EmrConnection, { batchId }: BatchRef): Record<string, string> {
  return { connection: nameOf(connection.settings), batch: batchId }
}
