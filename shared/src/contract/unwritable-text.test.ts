import { expect, test } from 'vitest'
import { unwritableTexts } from './unwritable-text.ts'

function found(text: string): string[] {
  return unwritableTexts(JSON.parse(text), Buffer.from(text)).map(({ Pointer }) => Pointer)
}

test('NUL and half of a surrogate pair are found wherever they stand', () => {
  expect(found('{"a":"x\\u0000","b":["ok","\\ud83d"],"c":{"d":"\\ude00\\ud83d"}}')).toEqual(['/a', '/b/1', '/c/d'])
})

test('whole pairs, other escapes and plain text are left alone', () => {
  expect(found('{"a":"\\ud83d\\ude00 \\u00e9 \\t 😀"}')).toEqual([])
})
