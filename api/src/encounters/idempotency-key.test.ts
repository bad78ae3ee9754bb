import { expect, test } from 'vitest'
import { readIdempotencyKey } from './idempotency-key.ts'

test.each([
  ['order-7', 'order-7'],
  ['"order-7"', 'order-7'],
  ['"a \\"b\\" \\\\c"', 'a "b" \\c'],
  ['two words', 'two words'],
  ['k'.repeat(255), 'k'.repeat(255)],
])('reads %s', (header, key) => {
  expect(readIdempotencyKey(header)).toBe(key)
})

test.each(['', '""', '"open', 'k'.repeat(256), `"${'k'.repeat(256)}"`, 'schl\u00fcssel', 'a\tb', '"a"; b=1', '"a\\n"'])(
  'refuses %j',
  (header) => {
    expect(readIdempotencyKey(header)).toBeUndefined()
  },
)
