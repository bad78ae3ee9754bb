import type { ConnectionName } from '../contract/connection-name.ts'
import type { Retention } from '../config/schema.ts'
import type { Batch, BatchStatus, RejectedItem } from '../contract/batch.ts'
import { batchKeyName, keyedBatchId, periodsAt, type IdempotencyScope } from '../sealing/idempotency.ts'
import { newJobId } from '../sealing/job-id.ts'
import type { RedisClient } from '../redis/connect.ts'
import { open, type SealingKeys } from '../sealing/seal.ts'
import {
  itemJobId,
  newKeyId,
  PRINT_BYTES,
  printOf,
  rejectionBinding,
  sealingKeyOf,
  usableKeyIds,
  type BatchRef,
  type ItemRecord,
} from './item-records.ts'
import { FINISHED_CHANNEL, recordKeys } from './keys.ts'
import type { ItemLetter } from './routing.ts'
import { defineScripts } from './scripts.ts'

const HOUR_MS = 3_600_000
const GRACE_MS = 24 * HOUR_MS
/** Why a line was rejected is kept for so many lines of a batch; of the others only that they were. */
const REJECTIONS_AT_MOST = 10_000
/** Eight bytes for each in one Redis string, which holds 512 MiB. */
export const ITEMS_AT_MOST = 10_000_000

/** What became of some lines; see batch-accept.lua. */
export type ItemsAccepted =
  | { kind: 'accepted'; accepted: number; rejected: number }
  | { kind: 'differs'; index: number }
  | { kind: 'cancelled' }
  | { kind: 'closed' | 'abandoned'; items: number }

/** A batch as stored. */
export type StoredBatch = BatchRef & { round: number; view: Omit<Batch, 'EMRSystem' | 'EmrInstance'> }

/** A batch and the name of the record that its Idempotency-Key has, if it came with one. */
export type KeyedBatchRef = BatchRef & { idempotency?: string }

/** The batches of one connection. Their items are jobs like any other; what is kept here is their order and their count. */
export type Batches = ReturnType<typeof openBatches>

export function openBatches(
  redis: RedisClient,
  about: { connection: ConnectionName & { deadlineHours: number }; sealingKeys: SealingKeys; retention: Retention },
) {
  defineScripts(redis)
  const { connection, sealingKeys, retention } = about
  const keys = recordKeys(connection)
  const deadlineMs = Math.round(connection.deadlineHours * HOUR_MS)
  const payloadMs = deadlineMs + GRACE_MS
  const resultMs = Math.round(retention.resultHours * HOUR_MS)

  async function askForKey(
    scope: IdempotencyScope,
    newBatchId: string,
  ): Promise<{ batch: KeyedBatchRef; known: boolean } | undefined> {
    const names = sealingKeys.map((key) => [batchKeyName(key, scope), newKeyId(key)] as const)
    const [batchId, keyId, known] = await redis.egBatchOfKey(
      keys.batchKey(names[0]?.[0] ?? ''),
      keys.base,
      newBatchId,
      newKeyId(sealingKeys[0]),
      resultMs,
      ...names.flat(),
    )
    if (batchId === undefined || keyId === undefined) return undefined
    const { application } = scope
    const name = names.find(([, each]) => each === keyId)?.[0]
    return { batch: { batchId, application, keyId, ...(name && { idempotency: name }) }, known: known === 1 }
  }

  return {
    keys,
    /** What JobIds can be derived from here; see BatchRef. */
    keyIds: usableKeyIds(sealingKeys),
    /** The JobId of an item with this print, in hex. */
    jobIdOf: (batch: BatchRef, index: number, print: string) => itemJobId(about, batch, index, print),

    /** The JobIds of items, given in their order. All prints between the first and the last are read: ask for a stretch at a time. */
    async jobIdsOf(batch: BatchRef, indexes: readonly number[]): Promise<string[]> {
      const [first, last] = [indexes[0], indexes.at(-1)]
      if (first === undefined || last === undefined) return []
      const [from, to] = [first * PRINT_BYTES, (last + 1) * PRINT_BYTES - 1]
      const prints = await redis.getrangeBuffer(keys.prints(batch.batchId), from, to)
      return indexes.map((index) => {
        const at = (index - first) * PRINT_BYTES
        return itemJobId(about, batch, index, prints.toString('hex', at, at + PRINT_BYTES))
      })
    },

    /** A new batch for an application. */
    newBatch(application: string): BatchRef {
      return { batchId: newJobId(connection), application, keyId: newKeyId(sealingKeys[0]) }
    },

    /**
     * The batch that an Idempotency-Key names, under whichever sealing key it was first used; `known`: some of it is stored. Where it
     * names none, one is begun.
     */
    async batchOf(application: string, idempotencyKey: string): Promise<{ batch: KeyedBatchRef; known: boolean }> {
      const scope = { application, connection, key: idempotencyKey }
      const [period] = periodsAt(Date.now(), resultMs)
      const found = await askForKey(scope, keyedBatchId(sealingKeys[0], scope, period))
      if (!found) throw new TypeError('an Idempotency-Key names no batch, though one was to begin')
      return found
    },

    /** As `batchOf`, but `undefined` where no batch came with the key. */
    async findBatchOf(application: string, idempotencyKey: string): Promise<BatchRef | undefined> {
      const found = await askForKey({ application, connection, key: idempotencyKey }, '')
      return found?.batch
    },

    /** How many of the items from `first` on, `items` in number, are stored already as what they are now. */
    async knownItems(batch: BatchRef, first: number, items: readonly { bytes: Buffer }[]): Promise<number> {
      const from = first * PRINT_BYTES
      const stored = await redis.getrangeBuffer(keys.prints(batch.batchId), from, from + items.length * PRINT_BYTES - 1)
      const { derivationSecret } = sealingKeyOf(sealingKeys, batch)
      const differs = items.findIndex(
        ({ bytes }, at) =>
          !printOf(derivationSecret, bytes).equals(stored.subarray(at * PRINT_BYTES, (at + 1) * PRINT_BYTES)),
      )
      return differs < 0 ? items.length : differs
    },

    /** Stores items that follow each other, the first of them being number `first` of the batch; see item-records.ts. */
    async accept(batch: KeyedBatchRef, first: number, items: readonly ItemRecord[]): Promise<ItemsAccepted> {
      const { batchId, application, keyId, idempotency = '' } = batch
      const payloadKeys = items.filter(({ state }) => state === 'q').map(({ jobId }) => keys.payload(jobId))
      const touched = [
        keys.batch(batchId),
        keys.items(batchId),
        keys.prints(batchId),
        keys.rejections(batchId),
        keys.pending,
        keys.jobs(application),
        keys.depth,
        keys.turns,
        keys.fair,
        keys.backlog(application),
        ...payloadKeys,
      ]
      const [kind, one = 0, two = 0] = await redis.egBatchAccept(
        touched.length,
        ...touched,
        application,
        batchId,
        keyId,
        first,
        deadlineMs,
        payloadMs,
        resultMs,
        REJECTIONS_AT_MOST,
        idempotency,
        ...items.flatMap(({ state, print, jobId, sealed }) => [state, print, jobId, sealed]),
      )
      if (kind === 'differs') return { kind, index: one }
      if (kind === 'closed' || kind === 'abandoned') return { kind, items: one }
      return kind === 'cancelled' ? { kind } : { kind: 'accepted', accepted: one, rejected: two }
    },

    /** Notes that the upload, of so many items, has come to its end. */
    async received(
      { batchId }: BatchRef,
      items: number,
      announce: boolean,
    ): Promise<'received' | 'shorter' | 'cancelled'> {
      const touched = [keys.batch(batchId), keys.items(batchId), keys.outbox, keys.receiving]
      const said = await redis.egBatchReceived(
        ...touched,
        batchId,
        items,
        announce ? '1' : '',
        FINISHED_CHANNEL,
        resultMs,
      )
      return said as 'received' | 'shorter' | 'cancelled'
    },

    /**
     * Closes uploads that nothing has come of for `afterMs`, or for half the time that a batch is kept if that is less: later it could
     * be gone. Looks at `atMost` of them; `announces` are the applications that are told of the end of a batch.
     */
    async abandoned(
      afterMs: number,
      announces: readonly string[],
      atMost: number,
    ): Promise<{ looked: number; closed: string[] }> {
      const [looked, closed] = await redis.egBatchAbandoned(
        keys.receiving,
        keys.outbox,
        keys.base,
        FINISHED_CHANNEL,
        Math.round(Math.min(afterMs, resultMs / 2)),
        resultMs,
        atMost,
        ...announces,
      )
      return { looked, closed }
    },

    /** Sees to it that no item gets a turn any more; a worker ends those that the EMR has nothing of. */
    async cancel({ batchId, application }: BatchRef, announce: boolean): Promise<'cancelling' | 'finished'> {
      const touched = [keys.batch(batchId), keys.outbox, keys.backlog(application), keys.cancelling]
      const said = await redis.egBatchCancel(...touched, batchId, announce ? '1' : '', FINISHED_CHANNEL, resultMs)
      return said as 'cancelling' | 'finished'
    },

    /** The batch as it stands; `undefined` if there is none (any more). */
    async read(batchId: string): Promise<StoredBatch | undefined> {
      const stored = await redis.hgetall(keys.batch(batchId))
      return stored['application'] ? readStored(batchId, stored) : undefined
    },

    /** The states of `count` items from number `first` on, one letter each; shorter where the batch ends. */
    async states(batchId: string, first: number, count: number): Promise<ItemLetter[]> {
      const states = await redis.getrange(keys.items(batchId), first, first + count - 1)
      return states.split('') as ItemLetter[]
    },

    /** Why these items were rejected; `undefined` where that is not kept. */
    async rejections(batch: BatchRef, indexes: readonly number[]): Promise<(RejectedItem | undefined)[]> {
      if (indexes.length === 0) return []
      const stored = await redis.hmgetBuffer(keys.rejections(batch.batchId), ...indexes.map(String))
      return stored.map((sealed, at) => {
        if (!sealed) return undefined
        const plain = open(sealingKeys, sealed, rejectionBinding(batch, indexes[at] ?? 0))
        return JSON.parse(plain.toString()) as RejectedItem
      })
    },
  }
}

function readStored(batchId: string, stored: Record<string, string>): StoredBatch {
  const count = (letter: ItemLetter) => Number(stored[letter] ?? 0)
  const time = (field: string) => new Date(Number(stored[field])).toISOString()
  const counts = {
    Queued: count('q'),
    Running: count('t'),
    Succeeded: count('s'),
    Failed: count('f'),
    OutcomeUnknown: count('u'),
    Cancelled: count('c'),
    Expired: count('x'),
  }
  const Accepted = Object.values(counts).reduce((sum, each) => sum + each, 0)
  const Rejected = count('r')
  return {
    batchId,
    application: stored['application'] ?? '',
    keyId: stored['key'] ?? '',
    round: Number(stored['round'] ?? 1),
    view: {
      BatchId: batchId,
      Status: statusOf(stored),
      CreatedAt: time('createdAt'),
      UpdatedAt: time('updatedAt'),
      ...(stored['abandonedAt'] && { Abandoned: true }),
      ...(stored['receivedAt'] && !stored['abandonedAt'] && { ReceivedAt: time('receivedAt') }),
      ...(stored['finishedAt'] && { FinishedAt: time('finishedAt') }),
      Items: Accepted + Rejected,
      Accepted,
      Rejected,
      ...counts,
    },
  }
}

function statusOf(stored: Record<string, string>): BatchStatus {
  if (stored['finishedAt']) return 'Finished'
  if (stored['cancelledAt']) return 'Cancelling'
  return stored['receivedAt'] ? 'Running' : 'Receiving'
}
