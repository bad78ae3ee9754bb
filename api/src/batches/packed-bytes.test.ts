import { expect, test } from 'vitest'
import { packBytes, unpackBytes } from './packed-bytes.ts'

test('byte strings come back as they were, empty ones too', () => {
  const parts = ['one', '', 'ü', 'a longer one'].map((text) => Buffer.from(text))
  const packed = structuredClone(packBytes(parts))
  expect(unpackBytes(packed).map(String)).toEqual(['one', '', 'ü', 'a longer one'])
})
