import type { RecordsContext } from './context.ts'
import type { BatchItemRef, Routing } from './routing.ts'

/**
 * First byte of a batch item's payload record. A sealed value, which is the whole record of any other job, begins with
 * 1 or 3.
 */
const WITH_HEAD = 2

/** Maximum length of the head of a batch item's payload record, in bytes. */
const ITEM_HEAD_AT_MOST = 2 + 128

/**
 * Builds the payload record of a batch item: its routing in clear before the sealed bytes, since BullMQ gets the job of
 * an item only at its turn. Layout: 2 (1 byte), length of the head (1), head (JSON: application, BatchId, ItemIndex),
 * sealed value.
 */
export function withHead({ application, BatchId, ItemIndex }: Routing & BatchItemRef, sealed: Buffer): Buffer {
  const head = Buffer.from(JSON.stringify([application, BatchId, ItemIndex]))
  return Buffer.concat([Buffer.from([WITH_HEAD, head.length]), head, sealed])
}

/** The sealed value in a payload record. */
export function sealedPartOf(stored: Buffer): Buffer {
  return stored[0] === WITH_HEAD ? stored.subarray(2 + (stored[1] ?? 0)) : stored
}

/** The application, batch and index of a batch item, also before its turn; `undefined` for any other job. */
export async function itemRoutingOf(
  { redis, keys }: Pick<RecordsContext, 'redis' | 'keys'>,
  jobId: string,
): Promise<(Routing & BatchItemRef) | undefined> {
  return routingIn(await redis.getrangeBuffer(keys.payload(jobId), 0, ITEM_HEAD_AT_MOST - 1))
}

/** The routing in the first bytes of a payload record; `undefined` if the record is not that of a batch item. */
export function routingIn(start: Buffer): (Routing & BatchItemRef) | undefined {
  if (start[0] !== WITH_HEAD) return undefined
  const head = start.subarray(2, 2 + (start[1] ?? 0)).toString()
  const [application, BatchId, ItemIndex] = JSON.parse(head) as [string, string, number]
  return { application, BatchId, ItemIndex }
}
