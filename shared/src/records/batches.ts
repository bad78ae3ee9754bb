import type { Batch, BatchStatus, RejectedItem } from '../contract/batch.ts'
import { batchKeyName, keyedBatchId, periodsAt, type IdempotencyScope } from '../sealing/idempotency.ts'
import { newJobId } from '../sealing/job-id.ts'
import { open } from '../sealing/seal.ts'
import { allApplications, confirmed, PAYLOAD_GRACE_MS, type RecordsContext } from './context.ts'
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
import { FINISHED_CHANNEL } from './keys.ts'
import type { ItemLetter } from './routing.ts'
import { runScript } from '../redis/script.ts'
import { scripts } from './scripts.ts'

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

/**
 * The batches of one connection. Their items are ordinary jobs; a batch stores their order and their counts. Each method
 * is atomic, one command or script, unless it says otherwise.
 */
export type Batches = {
  /** Creates a new batch for an application; nothing is stored yet. */
  newBatch(application: string): BatchRef
  /**
   * The batch of an Idempotency-Key, under whichever sealing key it was first used; `known`: some of it is stored.
   * Begins a batch if the key has none.
   */
  batchOf(application: string, idempotencyKey: string): Promise<{ batch: KeyedBatchRef; known: boolean }>
  /** As `batchOf`, but `undefined` if the key has no batch. */
  findBatchOf(application: string, idempotencyKey: string): Promise<BatchRef | undefined>
  /**
   * Compares items from index `first` on with the stored ones, and returns how many are equal before the first
   * difference.
   */
  knownItems(batch: BatchRef, first: number, items: readonly { bytes: Buffer }[]): Promise<number>
  /**
   * Stores consecutive items, beginning at index `first` of the batch; see item-records.ts. Items that are stored
   * already must be the same, and are not counted again.
   */
  accept(batch: KeyedBatchRef, first: number, items: readonly ItemRecord[]): Promise<ItemsAccepted>
  /** Records that the upload is complete, with this number of items. `shorter`: an earlier upload had more. */
  received(batch: BatchRef, items: number): Promise<'received' | 'shorter' | 'cancelled'>
  /**
   * Closes uploads that have received nothing for `afterMs`, or for half the retention of a batch if that is less, since
   * it could expire later. Checks at most `atMost` of them.
   */
  abandoned(afterMs: number, atMost: number): Promise<{ looked: number; closed: string[] }>
  /** Cancels a batch: no item gets a turn any more, and a worker ends those that were never sent to the EMR. */
  cancel(batch: BatchRef): Promise<'cancelling' | 'finished'>

  /** Reads a batch; `undefined` if it does not exist (any more). */
  read(batchId: string): Promise<StoredBatch | undefined>
  /** The states of `count` items from index `first` on, one letter each; fewer at the end of the batch. */
  states(batchId: string, first: number, count: number): Promise<ItemLetter[]>
  /**
   * The JobIds of items, in ascending order of index. Reads all prints between the first and the last: keep the range
   * small. Throws if the sealing key from which they are derived is not configured.
   */
  jobIdsOf(batch: BatchRef, indexes: readonly number[]): Promise<string[]>
  /** Whether `jobIdsOf` can derive the JobIds of a batch. */
  canName(batch: BatchRef): boolean
  /** The reasons why these items were rejected; `undefined` for reasons that were not kept. */
  rejections(batch: BatchRef, indexes: readonly number[]): Promise<(RejectedItem | undefined)[]>

  /**
   * The batch whose cancelling began first, without the first `passed`, and when that was; `undefined` if there is none.
   */
  cancelling(passed: number): Promise<{ batchId: string; since: string } | undefined>
  /** Records that no item is left to cancel. A batch that was cancelled anew since `since` stays. Two commands. */
  cancelled(batchId: string, since: string): Promise<void>
  /**
   * The batches whose items may have lost their requests before `at`, ms since the epoch: old ones with items in line,
   * and all that are being cancelled. Several commands.
   */
  mayHaveExpired(at: number): AsyncGenerator<string>
}

/** Opens the batches of a connection. */
export function openBatches(context: RecordsContext): Batches {
  const { redis, keys, connection, sealingKeys, terms, announced, ended, tally } = context
  const { base } = keys
  const { resultMs } = terms
  const keyIds = usableKeyIds(sealingKeys)

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
    newBatch(application) {
      return { batchId: newJobId(connection), application, keyId: newKeyId(sealingKeys[0]) }
    },

    async batchOf(application, idempotencyKey) {
      const scope = { application, connection, key: idempotencyKey }
      const [period] = periodsAt(Date.now(), resultMs)
      const found = await askForKey(scope, keyedBatchId(sealingKeys[0], scope, period))
      if (!found) throw new TypeError('an Idempotency-Key names no batch, though one was to begin')
      return found
    },

    async findBatchOf(application, idempotencyKey) {
      const found = await askForKey({ application, connection, key: idempotencyKey })
      return found?.batch
    },

    async knownItems(batch, first, items) {
      const from = first * PRINT_BYTES
      const stored = await redis.getrangeBuffer(keys.prints(batch.batchId), from, from + items.length * PRINT_BYTES - 1)
      const { derivationSecret } = sealingKeyOf(sealingKeys, batch)
      const differs = items.findIndex(
        ({ bytes }, at) =>
          !printOf(derivationSecret, bytes).equals(stored.subarray(at * PRINT_BYTES, (at + 1) * PRINT_BYTES)),
      )
      return differs < 0 ? items.length : differs
    },

    async accept(batch, first, items) {
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
      const { deadlineMs, payloadMs } = terms
      const limits = { deadlineMs, payloadMs, resultMs, rejectionsAtMost: REJECTIONS_AT_MOST }
      const about = { base, application, batchId, keyId, first, ...limits, idempotency }
      const reply = await confirmed(context, (on) => runScript(on, scripts.batchAccept, touched, about, items))
      switch (reply[0]) {
        case 'accepted':
          tally.accepted(reply[1])
          return { kind: reply[0], accepted: reply[1], rejected: reply[2] }
        case 'differs':
          return { kind: reply[0], index: reply[1] }
        case 'cancelled':
          return { kind: reply[0] }
        default:
          return { kind: reply[0], items: reply[1] }
      }
    },

    received({ batchId, application }, count) {
      const touched = { ...keys, batch: keys.batch(batchId), items: keys.items(batchId) }
      const about = {
        batchId,
        count,
        announce: announced.has(application),
        channel: FINISHED_CHANNEL,
        keptMs: resultMs,
      }
      return runScript(redis, scripts.batchReceived, touched, about)
    },

    async abandoned(afterMs, atMost) {
      const notBefore = Math.round(Math.min(afterMs, resultMs / 2))
      const about = { base, channel: FINISHED_CHANNEL, afterMs: notBefore, keptMs: resultMs, atMost }
      const each = Array.from(announced, (application) => ({ application }))
      const [looked, closed] = await runScript(redis, scripts.batchAbandoned, keys, about, each)
      if (closed.length > 0) ended?.()
      return { looked, closed }
    },

    cancel({ batchId, application }) {
      const touched = { ...keys, batch: keys.batch(batchId), backlog: keys.backlog(application) }
      const about = { batchId, announce: announced.has(application), channel: FINISHED_CHANNEL, keptMs: resultMs }
      return runScript(redis, scripts.batchCancel, touched, about)
    },

    async read(batchId) {
      const stored = await redis.hgetall(keys.batch(batchId))
      return stored['application'] ? readStored(batchId, stored) : undefined
    },

    async states(batchId, first, count) {
      const states = await redis.getrange(keys.items(batchId), first, first + count - 1)
      return states.split('') as ItemLetter[]
    },

    async jobIdsOf(batch, indexes) {
      const [first, last] = [indexes[0], indexes.at(-1)]
      if (first === undefined || last === undefined) return []
      const [from, to] = [first * PRINT_BYTES, (last + 1) * PRINT_BYTES - 1]
      const prints = await redis.getrangeBuffer(keys.prints(batch.batchId), from, to)
      return indexes.map((index) => {
        const at = (index - first) * PRINT_BYTES
        return itemJobId(context, batch, index, prints.toString('hex', at, at + PRINT_BYTES))
      })
    },

    canName: ({ keyId }) => keyIds.includes(keyId),

    async rejections(batch, indexes) {
      if (indexes.length === 0) return []
      const stored = await redis.hmgetBuffer(keys.rejections(batch.batchId), ...indexes.map(String))
      return stored.map((sealed, at) => {
        if (!sealed) return undefined
        const plain = open(sealingKeys, sealed, rejectionBinding(batch, indexes[at] ?? 0))
        return JSON.parse(plain.toString()) as RejectedItem
      })
    },

    async cancelling(passed) {
      const [batchId, since] = await redis.zrange(keys.cancelling, passed, String(passed), 'WITHSCORES')
      return batchId === undefined || since === undefined ? undefined : { batchId, since }
    },

    async cancelled(batchId, since) {
      if ((await redis.zscore(keys.cancelling, batchId)) === since) await redis.zrem(keys.cancelling, batchId)
    },

    async *mayHaveExpired(at) {
      // a request is kept for this much longer than its deadline, so no younger batch has an expired one
      const old = at - PAYLOAD_GRACE_MS
      for (const name of await allApplications(context)) {
        yield* await redis.zrangebyscore(keys.backlog(name), '-inf', old)
      }
      yield* await redis.zrangebyscore(keys.cancelling, '-inf', '+inf')
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
