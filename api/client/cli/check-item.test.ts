import { expect, test } from 'vitest'
import { checkItem } from './check-item.ts'

const good = '{"UserId":"u","PatientId":"Jane","Encounter":{}}'

test('finds nothing wrong with a request that is right', () => {
  expect(checkItem(Buffer.from(good))).toEqual([])
})

test.for([
  ['{"UserId":"u"', '', 'is not valid JSON: error at character 14'],
  ['{"UserId":"u",,}', '', 'is not valid JSON: error at character 15'],
  ['[]', '', 'must be an object'],
  [good.replace('"u"', '7'), '/UserId', 'must be a string'],
  [
    good.replace('{}', '{"FinancialNumbr":"Jane"}'),
    '/Encounter/FinancialNumbr',
    'is not known; did you mean `FinancialNumber`?',
  ],
  [good.replace('"u"', '"u","UserId":"Jane"'), '/UserId', 'occurs more than once'],
  [good.replace('Jane', 'Jane\\u0000'), '/PatientId', 'must not contain a NUL character'],
  [good.replace('"u"', '"u","__proto__":{}'), '/__proto__', 'is not known'],
] as const)('names what is wrong with %s', ([line, Pointer, Message]) => {
  const found = checkItem(Buffer.from(line))
  expect(found).toContainEqual({ Pointer, Message })
  expect(JSON.stringify(found)).not.toContain('Jane')
})

test('a line of bytes that are not UTF-8, or of too many, is named as a whole', () => {
  expect(checkItem(Buffer.from([0xff]))).toEqual([{ Pointer: '', Message: 'is not valid UTF-8' }])
  expect(checkItem(undefined)).toEqual([{ Pointer: '', Message: 'is larger than 1 MiB' }])
})
