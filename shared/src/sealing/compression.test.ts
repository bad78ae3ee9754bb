import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
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
