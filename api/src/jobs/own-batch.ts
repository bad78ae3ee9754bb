import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import type { Batch } from '@encounter-gateway/shared/contract/batch.ts'
import { isJobId } from '@encounter-gateway/shared/sealing/job-id.ts'
import type { StoredBatch } from '@encounter-gateway/shared/records/batches.ts'
import type { EmrConnection, EmrConnections } from '../connections/connections.ts'
import { Refusal } from '../http/refusal.ts'

/** A batch and where it lies. */
export type FoundBatch = { connection: EmrConnection; batch: StoredBatch }

/** Where a batch is to be asked for. */
export function batchPath(batchId: string): string {
  return `/api/v1/Batches/${batchId}`
}

/** A batch as its application sees it. */
export function shownBatch({ connection: { settings }, batch }: FoundBatch): Batch {
  return { ...batch.view, EMRSystem: settings.emrSystem, EmrInstance: settings.emrInstance }
}

/** One of the application's own batches; `undefined` for another's as for one that never was. */
export async function findBatch(
  connections: EmrConnections,
  application: Application,
  batchId: string,
): Promise<FoundBatch | undefined> {
  // a BatchId begins as the JobIds of its connection do
  const connection = isJobId(batchId) ? connections.ofJob(batchId) : undefined
  const batch = await connection?.batches.read(batchId)
  return connection && batch?.application === application.name ? { connection, batch } : undefined
}

/** As `findBatch`, but throws a 404. */
export async function ownBatch(
  connections: EmrConnections,
  application: Application,
  batchId: string,
): Promise<FoundBatch> {
  const found = await findBatch(connections, application, batchId)
  if (!found) throw new Refusal('not-found', 'Your application has no batch of this BatchId.')
  return found
}
