import type { ConnectionName } from '@encounter-gateway/shared/contract/connection-name.ts'
import type { BatchRef, ItemRecord, PlainItem } from '@encounter-gateway/shared/records/item-records.ts'
import type { SealingKeys } from '@encounter-gateway/shared/sealing/seal.ts'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Tinypool } from 'tinypool'
import { packBytes, unpackBytes } from './packed-bytes.ts'
import type { SealedItems, SealingTask, SealingThreadData } from './sealing-thread.ts'

/** The thread and its memory are released after this time without a batch. */
const IDLE_MS = 60_000

declare module 'fastify' {
  interface FastifyInstance {
    /** Turns consecutive items into the records to store; `first` is the index of the first one. */
    sealItems(
      connection: ConnectionName,
      batch: BatchRef,
      first: number,
      items: readonly PlainItem[],
    ): Promise<ItemRecord[]>
  }
}

/**
 * Seals the items of batches in a separate thread, which starts with the first upload. Reading and validating an upload
 * keeps one processor busy; sealing on the same thread would slow down other requests (docs/adr/0010).
 */
export const itemSealing = fp(
  async function itemSealing(app: FastifyInstance, { sealingKeys }: { sealingKeys: SealingKeys }) {
    const workerData: SealingThreadData = sealingKeys.map(({ id, key }) => ({ id, key }))
    const pool = new Tinypool({
      filename: new URL('./sealing-thread.ts', import.meta.url).href,
      workerData,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: IDLE_MS,
    })

    app.decorate('sealItems', async ({ emrSystem, emrInstance }, batch, first, items) => {
      const states = items.map(({ state }) => state)
      const packed = packBytes(items.flatMap(({ bytes, plain }) => [bytes, plain]))
      const task: SealingTask = { connection: { emrSystem, emrInstance }, batch, first, states, packed }
      const sealed = (await pool.run(task, { transferList: [packed.bytes.buffer] })) as SealedItems
      const parts = unpackBytes(sealed.packed)
      return states.map((state, at) => ({
        state,
        jobId: sealed.jobIds[at] ?? '',
        print: parts[at * 2] as Buffer,
        sealed: parts[at * 2 + 1] as Buffer,
      }))
    })
    app.addHook('onClose', () => pool.destroy())
  },
  { name: 'item-sealing' },
)
