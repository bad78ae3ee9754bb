import type { RecordsContext } from './context.ts'
import { itemJobId, sealingKeyIdIn, usableKeyIds } from './item-records.ts'
import { BEHIND_SINGLE_REQUESTS, inOneTransaction, type EncounterQueue } from './queue.ts'
import type { RoutedJob } from './routing.ts'
import { appendScript, runScript } from '../redis/script.ts'
import { hasLostScripts, scripts } from './scripts.ts'

/** A transaction blocks Redis: 200 jobs take about 50 ms, 20,000 (`concurrency: 10000`) took 5 s. */
const JOBS_AT_ONCE = 200
/** Longer than a transaction takes; after this time the holder of the lock counts as dead. */
const LOCK_MS = 2_000
/** While nothing waits, jobs taken from the queue trigger no new look for this long. */
const REST_MS = 500

/**
 * Moves batch items to BullMQ at their turn, in fair shares among applications (docs/adr/0008). BullMQ's queue holds at
 * most twice the connection's concurrency, so a later arrival never waits behind a long queue.
 */
export type Turns = {
  /** Signals that items may be waiting: some were accepted, or a regular check is due. Returns at once. */
  poke(): void
  /** Signals that the queue has room; ignored if nothing was waiting a moment ago. */
  hasRoom(): void
  /** Stops after the current transaction. */
  close(): Promise<void>
}

export function openTurns(context: RecordsContext, queue: EncounterQueue): Turns {
  const { redis, keys, turnsFailed: failed } = context
  const window = 2 * context.connection.concurrency
  const shares = context.applications.map(({ name, share }) => ({ application: name, share }))
  const keyIds = usableKeyIds(context.sealingKeys).map((keyId) => ({ keyId }))
  const toldMissing = new Set<string>()
  let running: Promise<void> | undefined
  let wanted = false
  let closed = false
  let restUntil = 0

  async function run(): Promise<void> {
    while (wanted) {
      wanted = false
      try {
        const given = await giveTurns()
        restUntil = given === 'empty' ? performance.now() + REST_MS : 0
        if (given === 'more') wanted = !closed
      } catch (error) {
        if (hasLostScripts(error)) redis.disconnect(true)
        failed?.(error)
      }
    }
    running = undefined
  }

  /** `more`: the transaction was full; there may be room, and items, for more. */
  async function giveTurns(): Promise<'empty' | 'full' | 'busy' | 'given' | 'more'> {
    const asked = { base: keys.base, window, atMost: JOBS_AT_ONCE, lockMs: LOCK_MS, keys: keyIds }
    const [kind, missing = [], time, tags, picked] = await runScript(redis, scripts.turns, keys, asked, shares)
    for (const keyId of missing) tellMissing(keyId)
    if (kind !== 'turns') return kind
    const taken = readPicked(picked)
    const jobs = taken.flatMap(({ batch, createdAt, items }) =>
      items.map(({ index, print }): RoutedJob => ({
        jobId: itemJobId(context, batch, index, print),
        routing: { application: batch.application, BatchId: batch.batchId, ItemIndex: index },
        createdAt,
      })),
    )
    await inOneTransaction(
      queue,
      (transaction) => {
        for (const { batch, items } of taken) {
          const touched = { batch: keys.batch(batch.batchId), items: keys.items(batch.batchId) }
          appendScript(transaction, scripts.turnsTaken, touched, {}, items)
        }
        appendScript(transaction, scripts.turnsGiven, keys, { time }, tagsIn(tags))
      },
      jobs,
      { priority: BEHIND_SINGLE_REQUESTS },
    )
    return jobs.length < JOBS_AT_ONCE ? 'given' : 'more'
  }

  /** Reports each missing key once, although its batch is found at every turn. */
  function tellMissing(keyId: string): void {
    if (toldMissing.has(keyId)) return
    toldMissing.add(keyId)
    failed?.(
      new Error(
        `sealing key '${sealingKeyIdIn(keyId)}' is not configured: batches begun with it wait until it is back`,
      ),
    )
  }

  const poke = () => {
    if (closed) return
    wanted = true
    running ??= run()
  }
  return {
    poke,
    hasRoom() {
      if (restUntil < performance.now()) poke()
    },
    async close() {
      closed = true
      wanted = false
      await running
    },
  }
}

/** Pairs the applications with their new tags. */
function tagsIn(flat: readonly string[]) {
  return Array.from({ length: flat.length / 2 }, (_, n) => ({
    application: flat[n * 2] ?? '',
    tag: flat[n * 2 + 1] ?? '',
  }))
}

/** Parses the items picked by turns.lua, batch by batch. */
function readPicked(flat: readonly unknown[]) {
  const picked = []
  for (let at = 0; at + 4 < flat.length; at += 5) {
    const [batchId, application, keyId, createdAt, pairs] = flat.slice(at, at + 5) as [
      string,
      string,
      string,
      string,
      (number | string)[],
    ]
    const items = pairs.flatMap((index, n) =>
      n % 2 === 0 ? [{ index: Number(index), print: String(pairs[n + 1]) }] : [],
    )
    picked.push({ batch: { batchId, application, keyId }, createdAt: Number(createdAt), items })
  }
  return picked
}
