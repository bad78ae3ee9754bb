import type { AlternativeIdentifier } from '@encounter-gateway/shared/contract/encounter-created.ts'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** An encounter as lists show it. */
export type ListedEncounter = {
  EncounterId: string
  AlternativeIdentifiers: AlternativeIdentifier[]
  CorrelationKey: string
  CreatedAt: string
}

/** Kept small, for there may be 200,000: a sample request is 5.8 KB as text and 1 KB like this, for 33 µs. */
type Kept = { key: string; createdAt: number; content: Buffer }

const fastest = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** What the Sandbox EMR has created: numbered from 1 on, the oldest forgotten first. */
export class Encounters {
  readonly #keep: number
  readonly #byNumber = new Map<number, Kept>()
  readonly #numbersOf = new Map<string, number[]>()
  #last = 0

  constructor(keep: number) {
    this.#keep = keep
  }

  /** How many are kept. */
  get size(): number {
    return this.#byNumber.size
  }

  /** How many there have ever been. */
  get created(): number {
    return this.#last
  }

  /** Always makes another one, also under a key that it has already: that is how a test sees a duplicate. */
  add(key: string, content: unknown): ListedEncounter {
    const number = ++this.#last
    const kept = { key, createdAt: Date.now(), content: compress(content) }
    this.#byNumber.set(number, kept)
    this.#numbersOf.set(key, [...(this.#numbersOf.get(key) ?? []), number])
    if (this.#byNumber.size > this.#keep) this.#forgetOldest()
    return listed(number, kept)
  }

  /** All under one key, the oldest first. */
  under(key: string): ListedEncounter[] {
    return (this.#numbersOf.get(key) ?? []).flatMap((number) => this.#at(number))
  }

  /** The `limit` encounters that were created next after `after`, an EncounterId. */
  page(after: string | undefined, limit: number): ListedEncounter[] {
    const oldest = this.#last - this.#byNumber.size + 1
    const first = Math.max(oldest, after === undefined ? 1 : numberOf(after) + 1)
    const count = Math.max(0, Math.min(limit, this.#last - first + 1))
    return Array.from({ length: count }, (_, index) => first + index).flatMap((number) => this.#at(number))
  }

  /** One with its whole content, `undefined` if there is none (any more). */
  get(encounterId: string) {
    const number = numberOf(encounterId)
    const kept = this.#byNumber.get(number)
    if (!kept) return undefined
    const content: unknown = JSON.parse(zstdDecompressSync(kept.content).toString())
    return { ...listed(number, kept), Content: content }
  }

  /** Forgets all; the numbers go on. */
  clear(): void {
    this.#byNumber.clear()
    this.#numbersOf.clear()
  }

  #at(number: number): ListedEncounter[] {
    const kept = this.#byNumber.get(number)
    return kept ? [listed(number, kept)] : []
  }

  #forgetOldest(): void {
    const [oldest] = this.#byNumber
    if (!oldest) return
    const [number, { key }] = oldest
    this.#byNumber.delete(number)
    const others = this.#numbersOf.get(key)?.filter((other) => other !== number) ?? []
    if (others.length > 0) this.#numbersOf.set(key, others)
    else this.#numbersOf.delete(key)
  }
}

/** Copied to memory of its own: a piece of Node's shared pool keeps its whole 64 KB slab alive, 36 KB for each encounter. */
function compress(content: unknown): Buffer {
  const compressed = zstdCompressSync(JSON.stringify(content), fastest)
  const own = Buffer.allocUnsafeSlow(compressed.length)
  compressed.copy(own)
  return own
}

function listed(number: number, { key, createdAt }: Kept): ListedEncounter {
  const digits = String(number).padStart(6, '0')
  return {
    EncounterId: `SBX-${digits}`,
    AlternativeIdentifiers: [
      { Code: 'FIN', Description: 'Financial number', Value: `F${digits}` },
      { Code: 'CorrelationKey', Description: 'Key of the request that created it', Value: key },
    ],
    CorrelationKey: key,
    CreatedAt: new Date(createdAt).toISOString(),
  }
}

function numberOf(encounterId: string): number {
  return Number(/^SBX-([0-9]{6,15})$/.exec(encounterId)?.[1] ?? 0)
}
