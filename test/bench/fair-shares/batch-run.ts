import type { Batch, Client, PatientEncounterRequest } from '@encounter-gateway/client/index.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { encounterAt } from '../../generator/encounters.ts'
import type { ApplicationName, FairGateway } from './gateway.ts'

const LOOK_EVERY_MS = 250

/** The number of a batch's encounters created, by seconds since the beginning. */
export type Point = { seconds: number; done: number }

/** One batch under way. */
export type BatchRun = {
  application: ApplicationName
  /** When its first items were accepted, in seconds since the beginning. */
  arrivedAt: number
  /** The progress seen so far. */
  points: Point[]
  /** Settles when its upload has been read to its end. */
  uploaded: Promise<Batch>
  /** Settles at its end with the time since its first items, in seconds by the gateway's own clock. */
  finished: Promise<number>
}

let seed = 0

/**
 * Uploads a batch of generated encounters, and follows its progress until it has finished or `stop`. Resolves once the
 * gateway has the first of them. `clock` returns the seconds since the beginning.
 */
export async function startBatch(
  gateway: FairGateway,
  about: { application: ApplicationName; items: number; clock: () => number; stop: AbortSignal },
): Promise<BatchRun> {
  const { application, items, clock, stop } = about
  const client = gateway.clientOf(application)
  const idempotencyKey = `${application}-${++seed}`
  const uploaded = client.uploadBatch('Sandbox', encounters(seed, items), { idempotencyKey, signal: stop })
  // its failure reaches whoever waits for the end of the upload
  uploaded.catch(() => undefined)
  const first = await untilKnown(client, idempotencyKey, uploaded)
  const arrivedAt = clock()
  const points = [{ seconds: arrivedAt, done: 0 }]
  const finished = watch()
  finished.catch(() => undefined)
  return { application, arrivedAt, points, uploaded, finished }

  async function watch(): Promise<number> {
    for (;;) {
      const batch = await client.batch(first.BatchId, { signal: stop })
      points.push({ seconds: clock(), done: batch.Succeeded })
      if (batch.FinishedAt) {
        if (batch.Succeeded < items) throw new Error(`${items - batch.Succeeded} encounters of ${application} failed`)
        return (Date.parse(batch.FinishedAt) - Date.parse(batch.CreatedAt)) / 1000
      }
      await delay(LOOK_EVERY_MS, undefined, { signal: stop })
    }
  }
}

async function untilKnown(client: Client, idempotencyKey: string, uploaded: Promise<Batch>): Promise<Batch> {
  let failure: unknown
  uploaded.catch((error: unknown) => (failure = error))
  for (;;) {
    const batch = await client.findUpload('Sandbox', idempotencyKey)
    if (batch) return batch
    if (failure) throw failure
    await delay(5)
  }
}

function* encounters(seed: number, count: number): Generator<PatientEncounterRequest> {
  for (let index = 0; index < count; index++) yield encounterAt(seed, index)
}
