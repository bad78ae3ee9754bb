import { expect, test } from 'vitest'
import { readPreferences } from './preferences.ts'

test.each<[string, number | undefined, boolean]>([
  ['wait=10', 10, false],
  ['WAIT = "10"', 10, false],
  ['respond-async', undefined, true],
  ['respond-async, wait=5', 5, true],
  ['wait=5,respond-async;reason="a, b"', 5, true],
  ['return=minimal; x="wait=9", wait=3', 3, false],
  ['wait=1, wait=2', 1, false],
])('reads `%s`', (header, waitSeconds, respondAsync) => {
  const found = readPreferences(header)
  expect([found.waitSeconds, found.respondAsync]).toEqual([waitSeconds, respondAsync])
})

test.each(['wait', 'wait=', 'wait=soon', 'wait=-1', 'wait=1.5', 'wait=1e3', 'wait=99999999999', 'x"wait=3', '', ',,,'])(
  'leaves out what it does not understand: `%s`',
  (header) => {
    expect(readPreferences(header)).toEqual({ respondAsync: false })
  },
)

test('a preference that is badly formed does not spoil the one after it', () => {
  expect(readPreferences('w@it=1, wait=3').waitSeconds).toBe(3)
})

test('no header asks for nothing', () => {
  expect(readPreferences(undefined)).toEqual({ respondAsync: false })
})
