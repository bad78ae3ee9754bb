import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import type { Batch } from '@encounter-gateway/shared/contract/batch.ts'
import { isJobId } from '@encounter-gateway/shared/sealing/job-id.ts'
import type { StoredBatch } from '@encounter-gateway/shared/records/batches.ts'
import type { EmrConnection, EmrConnections } from '../connections/connections.ts'
import { Refusal } from '../http/refusal.ts'

/** A batch and its connection. */
export type FoundBatch = { connection: EmrConnection; batch: StoredBatch }

/** The path of a batch. */
export function batchPath(batchId: string): string {
  return `/api/v1/Batches/${batchId}`
}

/** A batch as shown to its application. */
export function shownBatch({ connection: { settings }, batch }: FoundBatch): Batch {
  return { ...batch.view, EMRSystem: settings.emrSystem, EmrInstance: settings.emrInstance }
}

/**
 * Finds one of the application's own batches; `undefined` for one of another application and for an unknown one alike.
 */
export async function findBatch(
  connections: EmrConnections,
  application: Application,
  batchId: string,
): Promise<FoundBatch | undefined> {
  // a BatchId begins with the tag of its connection, as a JobId does
  const connection = isJobId(batchId) ? connections.ofJobOf(application, batchId) : undefined
  const batch = await connection?.records.batches.read(batchId)
  return connection && batch?.application === application.name ? { connection, batch } : undefined
}

/** As `findBatch`, but throws a 404 instead of returning `undefined`. */
export async function ownBatch(
  connections: EmrConnections,
  application: Application,
  batchId: string,
): Promise<FoundBatch> {
  const found = await findBatch(connections, application, batchId)
  if (!found) throw new Refusal('not-found', 'Your application has no batch with this BatchId.')
  return found
}
