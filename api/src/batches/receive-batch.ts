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

/** Stored at once: few enough that reading them does not hold up other requests for long. */
const ITEMS_AT_ONCE = 50
const BYTES_AT_ONCE = 256 * 1024
const REJECTIONS_TOLD = 100

/** An upload that is about to be read. */
export type Upload = {
  application: Application
  connection: EmrConnection
  batch: KeyedBatchRef
  /** How many items of it an earlier upload with the same Idempotency-Key has brought. */
  itemsKnown: number
  pieces: AsyncIterable<Buffer>
  splitter: ItemSplitter
  read: (item: RawItem, index: number) => ReadItem
  /** Called once there is something stored under the batch. */
  begun: () => void
}

/** What this upload brought; `rejections` are the first hundred. */
export type Received = { items: number; rejections: RejectedItem[] }

/**
 * Stores the items of an upload as they come, in order, a few at a time: while some are on their way to Redis and the next are
 * sealed, those after them are read, and the socket waits meanwhile. Wherever it breaks off, what has been stored stays accepted. Throws what
 * `pieces` throws, or a refusal.
 */
export async function receiveBatch(app: FastifyInstance, upload: Upload): Promise<Received> {
  const { splitter, read, itemsKnown, connection } = upload
  const { batches } = connection
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
    // its failure is met by whoever awaits it next
    storing.catch(() => undefined)
    // what has been sealed can go on to Redis, and other requests have their turn
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
        throw new Refusal('payload-too-large', `A batch may have ${ITEMS_AT_MOST} items; send the rest as another one.`)
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
    // what was whole when the upload broke off is not wasted
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
  await app.checkRoom(connection, application)
  const said = await connection.batches.accept(batch, first, records)
  switch (said.kind) {
    case 'accepted':
      begun()
      app.countAccepted(connection.settings, said.accepted)
      if (said.accepted > 0) connection.turns.poke()
      return
    case 'differs':
      throw differs(said.index, batch)
    case 'closed':
      throw new Refusal(
        'idempotency-mismatch',
        `The upload that came with this Idempotency-Key before had ${said.items} items and was complete; use a new key.`,
        { BatchId: batch.batchId },
      )
    case 'abandoned':
      throw new Refusal(
        'conflict',
        `This upload was not gone on with in time and was closed after ${said.items} items; send the others as another batch.`,
        { BatchId: batch.batchId },
      )
    case 'cancelled':
      throw new Refusal('conflict', 'The batch has been cancelled; no more items are taken for it.')
  }
}

function differs(index: number, { batchId: BatchId }: BatchRef): Refusal {
  const Errors = [{ Pointer: `/${index}`, Message: 'is not what it was in the earlier upload' }]
  const detail = `Item ${index} is not what it was when this Idempotency-Key was used before; use a new key.`
  return new Refusal('idempotency-mismatch', detail, { BatchId, Errors })
}

/** For the request's log line. */
export function noteOf(connection: EmrConnection, { batchId }: BatchRef): Record<string, string> {
  return { connection: nameOf(connection.settings), batch: batchId }
}
