import type { Application } from './schema.ts'

/** The hashes of an application's valid keys: one, or two while a key is replaced. */
export function keyHashesOf({ keyHash, keyHashes = [] }: Pick<Application, 'keyHash' | 'keyHashes'>): string[] {
  return keyHash ? [keyHash] : keyHashes
}
