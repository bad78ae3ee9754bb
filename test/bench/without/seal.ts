import type { SealBinding, SealingKeys } from '../../../shared/src/sealing/seal.ts'

export { SealError, sealingKey } from '../../../shared/src/sealing/seal.ts'
export type * from '../../../shared/src/sealing/seal.ts'

/** Nothing is compressed or encrypted. */
export function seal(_keys: SealingKeys, plain: Buffer, _binding: SealBinding): Buffer {
  return plain
}

export function open(_keys: SealingKeys, sealed: Buffer, _binding: SealBinding): Buffer {
  return sealed
}
