import type { Batch, Client, EmrSystem } from '../src/index.ts'
import { isKeyOf, type EncounterFile } from './encounter-file.ts'
import { countText } from './pace.ts'
import { openProgress } from './progress.ts'
import type { Terminal } from './terminal.ts'

/**
 * Uploads a file, and shows how much of it is on the gateway's disk. After a lost connection the file is sent again
 * from its beginning; the gateway only compares the items it has, so the bar does not move back.
 */
export async function uploadFile(
  client: Client,
  emrSystem: EmrSystem,
  file: EncounterFile,
  about: { idempotencyKey: string; compress: boolean; terminal: Terminal; signal: AbortSignal },
): Promise<Batch> {
  const { idempotencyKey, compress, terminal, signal } = about
  using progress = openProgress(terminal, { label: 'Upload', amount: countText })
  const show = (batch?: Batch) => {
    const { Items = 0, Rejected = 0 } = batch ?? {}
    const failures = Rejected > 0 ? { failures: `${countText(Rejected)} rejected` } : {}
    progress.show({ done: Math.min(Items, file.items), total: file.items, ...failures })
  }
  show()
  const batch = await client.uploadBatch(emrSystem, () => file.read(), {
    idempotencyKey,
    keyNamesContent: isKeyOf(file, idempotencyKey),
    compress,
    signal,
    onProgress: ({ batch: seen }) => show(seen),
  })
  show(batch)
  return batch
}
