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
import { runScript } from './script.ts'
import { defineScripts, scripts } from './scripts.ts'

const HOUR_MS = 3_600_000
const GRACE_MS = 24 * HOUR_MS
/** The reason is kept for the first 10,000 rejected lines of a batch; for the rest, only the fact. */
const REJECTIONS_AT_MOST = 10_000
/** Each item has eight bytes in one Redis string, which can hold 512 MiB. */
export const ITEMS_AT_MOST = 10_000_000

/** The reply to accepting items; see batch-accept.lua. */
export type ItemsAccepted =
  | { kind: 'accepted'; accepted: number; rejected: number }
  | { kind: 'differs'; index: number }
  | { kind: 'cancelled' }
  | { kind: 'closed' | 'abandoned'; items: number }

/** A batch as stored. */
export type StoredBatch = BatchRef & { round: number; view: Omit<Batch, 'EMRSystem' | 'EmrInstance'> }

/** A batch and the name of its Idempotency-Key's record, if it has one. */
export type KeyedBatchRef = BatchRef & { idempotency?: string }

/** The batches of one connection. Their items are ordinary jobs; a batch stores their order and their counts. */
export type Batches = ReturnType<typeof openBatches>

export function openBatches(
  redis: RedisClient,
  about: { connection: ConnectionName & { deadlineHours: number }; sealingKeys: SealingKeys; retention: Retention },
) {
  defineScripts(redis)
  const { connection, sealingKeys, retention } = about
  const keys = recordKeys(connection)
  const { base } = keys
  const deadlineMs = Math.round(connection.deadlineHours * HOUR_MS)
  const payloadMs = deadlineMs + GRACE_MS
  const resultMs = Math.round(retention.resultHours * HOUR_MS)

  async function askForKey(
    scope: IdempotencyScope,
    newBatchId?: string,
  ): Promise<{ batch: KeyedBatchRef; known: boolean } | undefined> {
    const names = sealingKeys.map((key) => ({ name: batchKeyName(key, scope), keyId: newKeyId(key) }))
    const own = keys.batchKey(batchKeyName(sealingKeys[0], scope))
    const about = { base, newBatchId, newKeyId: newKeyId(sealingKeys[0]), keptMs: resultMs }
    const [batchId, keyId, known] = await runScript(redis, scripts.batchOfKey, { own }, about, names)
    if (batchId === undefined || keyId === undefined) return undefined
    const { application } = scope
    const name = names.find((each) => each.keyId === keyId)?.name
    return { batch: { batchId, application, keyId, ...(name && { idempotency: name }) }, known: known === 1 }
  }

  return {
    keys,
    /** The `keyId`s from which this process can derive JobIds; see BatchRef. */
    keyIds: usableKeyIds(sealingKeys),
    /** The JobId of an item with this print (hex). */
    jobIdOf: (batch: BatchRef, index: number, print: string) => itemJobId(about, batch, index, print),

    /**
     * The JobIds of items, in ascending order of index. Reads all prints between the first and the last: keep the range
     * small.
     */
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

    /** Creates a new batch for an application; nothing is stored yet. */
    newBatch(application: string): BatchRef {
      return { batchId: newJobId(connection), application, keyId: newKeyId(sealingKeys[0]) }
    },

    /**
     * The batch of an Idempotency-Key, under whichever sealing key it was first used; `known`: some of it is stored.
     * Begins a batch if the key has none.
     */
    async batchOf(application: string, idempotencyKey: string): Promise<{ batch: KeyedBatchRef; known: boolean }> {
      const scope = { application, connection, key: idempotencyKey }
      const [period] = periodsAt(Date.now(), resultMs)
      const found = await askForKey(scope, keyedBatchId(sealingKeys[0], scope, period))
      if (!found) throw new TypeError('an Idempotency-Key names no batch, though one was to begin')
      return found
    },

    /** As `batchOf`, but `undefined` if the key has no batch. */
    async findBatchOf(application: string, idempotencyKey: string): Promise<BatchRef | undefined> {
      const found = await askForKey({ application, connection, key: idempotencyKey })
      return found?.batch
    },

    /**
     * Compares items from index `first` on with the stored ones, and returns how many are equal before the first
     * difference.
     */
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

    /** Stores consecutive items, beginning at index `first` of the batch; see item-records.ts. */
    async accept(batch: KeyedBatchRef, first: number, items: readonly ItemRecord[]): Promise<ItemsAccepted> {
      const { batchId, application, keyId, idempotency } = batch
      const touched = {
        ...keys,
        batch: keys.batch(batchId),
        items: keys.items(batchId),
        prints: keys.prints(batchId),
        rejections: keys.rejections(batchId),
        jobs: keys.jobs(application),
        backlog: keys.backlog(application),
      }
      const terms = { deadlineMs, payloadMs, resultMs, rejectionsAtMost: REJECTIONS_AT_MOST }
      const about = { base, application, batchId, keyId, first, ...terms, idempotency }
      const reply = await runScript(redis, scripts.batchAccept, touched, about, items)
      switch (reply[0]) {
        case 'accepted':
          return { kind: reply[0], accepted: reply[1], rejected: reply[2] }
        case 'differs':
          return { kind: reply[0], index: reply[1] }
        case 'cancelled':
          return { kind: reply[0] }
        default:
          return { kind: reply[0], items: reply[1] }
      }
    },

    /** Records that the upload is complete, with this number of items. */
    async received(
      { batchId }: BatchRef,
      items: number,
      announce: boolean,
    ): Promise<'received' | 'shorter' | 'cancelled'> {
      const touched = { ...keys, batch: keys.batch(batchId), items: keys.items(batchId) }
      const about = { batchId, count: items, announce, channel: FINISHED_CHANNEL, keptMs: resultMs }
      return runScript(redis, scripts.batchReceived, touched, about)
    },

    /**
     * Closes uploads that have received nothing for `afterMs`, or for half the retention of a batch if that is less, since it
     * could expire later. Checks at most `atMost` of them; `announces`: the applications with a webhook endpoint.
     */
    async abandoned(
      afterMs: number,
      announces: readonly string[],
      atMost: number,
    ): Promise<{ looked: number; closed: string[] }> {
      const [looked, closed] = await runScript(
        redis,
        scripts.batchAbandoned,
        keys,
        {
          base,
          channel: FINISHED_CHANNEL,
          afterMs: Math.round(Math.min(afterMs, resultMs / 2)),
          keptMs: resultMs,
          atMost,
        },
        announces.map((application) => ({ application })),
      )
      return { looked, closed }
    },

    /** Cancels a batch: no item gets a turn any more, and a worker ends those that were never sent to the EMR. */
    async cancel({ batchId, application }: BatchRef, announce: boolean): Promise<'cancelling' | 'finished'> {
      const touched = { ...keys, batch: keys.batch(batchId), backlog: keys.backlog(application) }
      const about = { batchId, announce, channel: FINISHED_CHANNEL, keptMs: resultMs }
      return runScript(redis, scripts.batchCancel, touched, about)
    },

    /** Reads a batch; `undefined` if it does not exist (any more). */
    async read(batchId: string): Promise<StoredBatch | undefined> {
      const stored = await redis.hgetall(keys.batch(batchId))
      return stored['application'] ? readStored(batchId, stored) : undefined
    },

    /** The states of `count` items from index `first` on, one letter each; fewer at the end of the batch. */
    async states(batchId: string, first: number, count: number): Promise<ItemLetter[]> {
      const states = await redis.getrange(keys.items(batchId), first, first + count - 1)
      return states.split('') as ItemLetter[]
    },

    /** The reasons why these items were rejected; `undefined` for reasons that were not kept. */
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
