import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitArray, splitLines, type ItemSplitter } from '@encounter-gateway/api/batches/split-items.ts'

/** Feeds a text in pieces of these sizes, in turn. */
function split(splitter: ItemSplitter, text: string, sizes: readonly number[]): string[] {
  const bytes = Buffer.from(text)
  const items: string[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    items.push(...splitter.push(bytes.subarray(at, at + size)).map((item) => item.bytes.toString()))
    at += size
  }
  return [...items, ...splitter.end().map((item) => item.bytes.toString())]
}
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })

test('lines are read unchanged, wherever the pieces are split', () => {
  const line = fc
    .json()
    .map((text) => text.replaceAll('\n', ' '))
    .filter((text) => text.trim() !== '')
  fc.assert(
    fc.property(fc.array(line), sizes, fc.constantFrom('\n', '\r\n'), (lines, cuts, newline) => {
      expect(split(splitLines(1e6), lines.join(newline), cuts)).toEqual(lines)
    }),
  )
})

test('the items of any array are read unchanged, wherever the pieces are split', () => {
  const indent = fc.constantFrom(undefined, 1, '\t')
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), indent, sizes, (values, space, cuts) => {
      const text = JSON.stringify(values, null, space)
      expect(split(splitArray(1e6), text, cuts).map((item) => JSON.parse(item) as unknown)).toEqual(JSON.parse(text))
    }),
  )
})

test.for(['{}', '[1,2', '[1,]', '[,1]', '[1] 2', '', '[[1]'])('%s is not a whole array', (text) => {
  expect(() => split(splitArray(100), text, [3])).toThrow('invalid-json')
})

test('an item over the limit is reported as such and not kept', () => {
  const text = Buffer.from(`1\n${'x'.repeat(50)}\n22`)
  const splitter = splitLines(10)
  const items = [...splitter.push(text.subarray(0, 20)), ...splitter.push(text.subarray(20)), ...splitter.end()]
  expect(items.map(({ line, bytes, tooLong }) => [line, bytes.toString(), tooLong])).toEqual([
    [1, '1', false],
    [2, '', true],
    [3, '22', false],
  ])
})
