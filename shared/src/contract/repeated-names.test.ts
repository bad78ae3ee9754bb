import { expect, test } from 'vitest'
import { repeatedNames } from './repeated-names.ts'

const pointers = (text: string) => repeatedNames(text, JSON.parse(text)).map(({ Pointer }) => Pointer)

test.for([
  '{"a":1,"b":{"a":2},"c":[{"a":1},{"a":1}]}',
  '{"a":"x\\":\\"a\\":","b":"\\\\","c" : "\\\\\\""}',
  '[]',
  '"a"',
  '{"a b": {"": {"": 1}}}',
])('nothing is repeated in %s', (text) => {
  expect(pointers(text)).toEqual([])
})

test.for([
  ['{"a":1,"a":2}', ['/a']],
  ['{"a":1,"a":2,"a":3}', ['/a']],
  ['{"x":[0,{"a":1,"\\u0061":2}]}', ['/x/1/a']],
  ['{"o":{"p":1,"p":{"q":1,"q":1}},"o":null}', ['/o/p', '/o/p/q', '/o']],
  ['{"a/b~":1,"a/b~":1}', ['/a~1b~0']],
] as const)('%s has %o more than once', ([text, expected]) => {
  expect(pointers(text)).toEqual(expected)
})

test('a text made to take long is answered at once, and shortly', () => {
  const deep = '{"a":'.repeat(10_000)
  const text = `${deep}{${'"b":1,'.repeat(50_000)}"b":2}${'}'.repeat(10_000)}`
  const [first, ...others] = repeatedNames(text, JSON.parse(text))
  expect(others).toEqual([])
  expect(first?.Pointer.length).toBeLessThan(100)
})
