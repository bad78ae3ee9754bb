import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import zlib, { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { openCompression } from './compression.ts'

const dictionary = readFileSync(new URL('seal-dictionary-3.bin', import.meta.url))
const compression = openCompression(dictionary, 1024 * 1024)
const sample = readFileSync(new URL('../contract/sample-request.json', import.meta.url))

test.for([
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('x')],
  ['the sample', sample],
  ['noise', randomBytes(5_000)],
  ['just what a kept context takes', randomBytes(64 * 1024)],
  ['more than that', randomBytes(64 * 1024 + 1)],
  ['what is small only when packed', Buffer.alloc(800_000, 'ab')],
] as const)('%s comes back as it was, one after the other on the same contexts', ([, plain]) => {
  for (let again = 0; again < 3; again++) {
    const packed = compression.compress(plain)
    expect(compression.decompress(packed).equals(plain)).toBe(true)
    expect(compression.decompress(compression.compress(sample)).equals(sample)).toBe(true)
  }
})

test('the bytes are those of the public functions, either way', () => {
  const params = { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_dictIDFlag]: 0 }
  expect(compression.compress(sample)).toEqual(zstdCompressSync(sample, { params, dictionary }))
  expect(zstdDecompressSync(compression.compress(sample), { dictionary })).toEqual(sample)
})

test('what would become more than it may is refused, and the next value opens', () => {
  const bomb = compression.compress(Buffer.alloc(2 * 1024 * 1024))
  expect(() => compression.decompress(bomb)).toThrow('Cannot create a Buffer larger than')
  expect(compression.decompress(compression.compress(sample)).equals(sample)).toBe(true)
})

test('what is no zstd is refused, and the next value opens', () => {
  expect(() => compression.decompress(Buffer.from('no zstd at all'))).toThrow('Unknown frame descriptor')
  expect(compression.decompress(compression.compress(sample)).equals(sample)).toBe(true)
})

test('contexts are kept: a thousand values take one for each way, and none of the public functions', () => {
  const made: Record<string, number> = {}
  const counted = ['createZstdCompress', 'createZstdDecompress', 'zstdCompressSync', 'zstdDecompressSync'] as const
  const spies = counted.map((name) => {
    const original = zlib[name] as (...all: unknown[]) => unknown
    return vi.spyOn(zlib, name as 'zstdCompressSync').mockImplementation(((...all: unknown[]) => {
      made[name] = (made[name] ?? 0) + 1
      return original(...all)
    }) as typeof zlib.zstdCompressSync)
  })
  // so that those who import a function by its name get the counted one
  syncBuiltinESMExports()
  try {
    const kept = openCompression(dictionary, 1024 * 1024)
    for (let n = 0; n < 1_000; n++) kept.decompress(kept.compress(sample))
    expect(made).toEqual({ createZstdCompress: 1, createZstdDecompress: 1 })
    // so the counts above are worth something
    kept.decompress(kept.compress(Buffer.alloc(64 * 1024 + 1)))
    expect(made).toMatchObject({ zstdCompressSync: 1 })
  } finally {
    for (const spy of spies) spy.mockRestore()
    syncBuiltinESMExports()
  }
})
