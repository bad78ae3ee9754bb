import { expect, test } from 'vitest'
import { millisecondsIn, readArguments } from './arguments.ts'
import { exitCodes } from './exit-codes.ts'

const options = { emr: { type: 'string' }, watch: { type: 'boolean' } } as const

test.for([
  [['f', '--password', 'geheim'], /unknown option --password: credentials come from/],
  [['f', '--password=geheim'], /unknown option --password/],
  [['f', 'geheim'], /takes FILE, but 2 operands were given/],
  [['--watch=geheim', 'f'], /--watch has a missing or unexpected value/],
  [['f', '--emr'], /--emr has a missing or unexpected value/],
] as const)('%s is a mistake that is named and not quoted', ([argv, expected]) => {
  const read = () => readArguments(argv, options, ['FILE'])
  expect(read).toThrow(
    expect.objectContaining({ exitCode: exitCodes.usage, message: expect.stringMatching(expected) as string }),
  )
  expect(read).not.toThrow(/geheim/)
})

test('seconds are numbers', () => {
  expect(millisecondsIn('wait', '1.5')).toBe(1500)
  for (const text of ['', '-1', 'soon', '1e9', '99999999']) expect(() => millisecondsIn('wait', text)).toThrow(/--wait/)
})
