import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { zstdDecompressSync } from 'node:zlib'
import { openCompression } from './compression.ts'
import { takeRandomBytes } from './random-bytes.ts'

/**
 * A configured sealing key. `derivationSecret` is for ids and fingerprints, never for sealing. It is a KeyObject, since
 * an HMAC with a Buffer as key takes 80 µs instead of 13.
 */
export type SealingKey = {
  id: string
  key: KeyObject
  derivationSecret: KeyObject
  /** The first bytes of every value sealed with it. */
  head: Buffer
}

/** The configured keys: the first one seals, all of them open. */
export type SealingKeys = [SealingKey, ...SealingKey[]]

/**
 * Binds a sealed value: it opens only as this kind of record, for this application and this id, which is a JobId unless
 * the kind is `endpoint`.
 */
export type SealBinding = { kind: 'payload' | 'result' | 'rejection' | 'endpoint'; application: string; jobId: string }

/** A sealed value cannot be opened: wrong key, wrong job, or changed bytes. */
export class SealError extends Error {
  override name = 'SealError'
}

// 2 is the first byte of a batch item's payload record (records/item-payload.ts)
const VERSION = 3
const IV_BYTES = 12
const TAG_BYTES = 16
/** Larger than any accepted body, small enough that a forged value cannot exhaust the memory. */
const MAX_OPENED_BYTES = 16 * 1024 * 1024
/** Each dictionary belongs to its version of the format for ever: values sealed with it must open after an upgrade. */
const dictionaries = { 1: readDictionary('seal-dictionary-1.txt'), [VERSION]: readDictionary('seal-dictionary-3.bin') }
const compression = openCompression(dictionaries[VERSION], MAX_OPENED_BYTES)

function readDictionary(file: string): Buffer {
  return readFileSync(new URL(file, import.meta.url))
}

/** Creates a sealing key from 32 bytes. */
export function sealingKey(id: string, bytes: Buffer): SealingKey {
  return {
    id,
    key: createSecretKey(bytes),
    derivationSecret: createSecretKey(Buffer.from(hkdfSync('sha256', bytes, '', 'encounter-gateway derivation', 32))),
    head: Buffer.concat([Buffer.from([VERSION, id.length]), Buffer.from(id, 'latin1')]),
  }
}

/**
 * Compresses, then encrypts with AES-256-GCM under the first key.
 *
 * Layout: version (1 byte), length of the key id (1), key id, IV (12), ciphertext, tag (16). Version, key id and
 * binding are authenticated. IVs are random: a key may seal 2^32 values (NIST SP 800-38D, 8.3), then rotate it.
 */
export function seal([{ key, head }]: SealingKeys, plain: Buffer, binding: SealBinding): Buffer {
  const iv = takeRandomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(associatedData(head, binding))
  const body = cipher.update(compression.compress(plain))
  return Buffer.concat([head, iv, body, cipher.final(), cipher.getAuthTag()])
}

/** Undoes `seal`. Throws a `SealError`, whose message contains only the reason. */
export function open(keys: SealingKeys, sealed: Buffer, binding: SealBinding): Buffer {
  const headBytes = 2 + (sealed[1] ?? 0)
  const version = sealed[0]
  if ((version !== 1 && version !== VERSION) || sealed.length < headBytes + IV_BYTES + TAG_BYTES) {
    throw new SealError('the sealed value has a format that this version does not know')
  }
  const head = sealed.subarray(0, headBytes)
  const id = head.subarray(2).toString('latin1')
  const key = keys.find((candidate) => candidate.id === id)
  if (!key) throw new SealError(`sealing key '${id}' is no longer configured`)
  const bodyEnd = sealed.length - TAG_BYTES
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.key, sealed.subarray(headBytes, headBytes + IV_BYTES))
    decipher.setAAD(associatedData(head, binding))
    decipher.setAuthTag(sealed.subarray(bodyEnd))
    const packed = Buffer.concat([decipher.update(sealed.subarray(headBytes + IV_BYTES, bodyEnd)), decipher.final()])
    if (version === VERSION) return compression.decompress(packed)
    return zstdDecompressSync(packed, { dictionary: dictionaries[1], maxOutputLength: MAX_OPENED_BYTES })
  } catch {
    throw new SealError('the sealed value does not belong to this job, or was changed')
  }
}

function associatedData(head: Buffer, { kind, application, jobId }: SealBinding): Buffer {
  return Buffer.concat([head, Buffer.from(JSON.stringify([kind, application, jobId]))])
}
