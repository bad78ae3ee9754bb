import type { Batch, Client, EmrSystem } from '../src/index.ts'
import { isKeyOf, type EncounterFile } from './encounter-file.ts'
import { bytesText } from './pace.ts'
import { openProgress } from './progress.ts'
import type { Terminal } from './terminal.ts'

/**
 * Uploads a file, and shows how far it has been read. After a break that begins anew, and what the gateway has goes by much
 * faster: it is only compared.
 */
export async function uploadFile(
  client: Client,
  emrSystem: EmrSystem,
  file: EncounterFile,
  about: { idempotencyKey: string; compress: boolean; terminal: Terminal; signal: AbortSignal },
): Promise<Batch> {
  const { idempotencyKey, compress, terminal, signal } = about
  using progress = openProgress(terminal, { label: 'Upload', amount: bytesText })
  const read = () => file.read((bytes) => progress.show({ done: bytes, total: file.bytes }))
  const keyNamesContent = isKeyOf(file, idempotencyKey)
  return await client.uploadBatch(emrSystem, read, { idempotencyKey, keyNamesContent, compress, signal })
}
