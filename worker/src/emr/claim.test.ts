import { HOUR } from '@encounter-gateway/shared/durations.ts'
import { expect, test } from 'vitest'
import {
  CLOCKS_AGREE_MS,
  CLOCKS_APART_MS,
  comparedWith,
  onlyOne,
  Undecided,
  verdictOn,
  type Likeness,
} from './claim.ts'

const attempts = { firstAttemptAt: 1_000_000_000, lastAttemptOverAt: 1_000_060_000 }
const { firstAttemptAt: first, lastAttemptOverAt: last } = attempts
const at = (ms: number) => ({ from: ms, to: ms })
const day = { from: first - 9 * HOUR, to: first + 15 * HOUR }
const alike: Likeness = { made: at(first + 1_000), isOpen: true, compared: ['same', 'same'] }

test.each<[string, Partial<Likeness>, string, string]>([
  ['made during the attempts, open and the same in all', {}, 'ours', 'ours'],
  ['as old as clocks that agree allow', { made: at(first - CLOCKS_AGREE_MS) }, 'ours', 'ours'],
  ['a little older', { made: at(first - CLOCKS_AGREE_MS - 1) }, 'unclear', 'unclear'],
  ['older than clocks are apart', { made: at(first - CLOCKS_APART_MS - 1) }, 'other', 'other'],
  ['made as late as an attempt may have ended', { made: at(last + CLOCKS_AGREE_MS) }, 'ours', 'ours'],
  ['made after the attempts', { made: at(last + CLOCKS_AGREE_MS + 1) }, 'unclear', 'unclear'],
  ['of that day, without a time', { made: day }, 'unclear', 'ours'],
  [
    'of the day before, without a time',
    { made: { from: day.from - 24 * HOUR, to: day.to - 24 * HOUR } },
    'other',
    'other',
  ],
  ['of an age that is not shown', { made: undefined }, 'unclear', 'ours'],
  ['changed since, so that it may be of any age', { made: { from: -Infinity, to: first + 1_000 } }, 'unclear', 'ours'],
  ['no longer open', { isOpen: false }, 'unclear', 'unclear'],
  ['in a state that is not shown', { isOpen: undefined }, 'unclear', 'ours'],
  ['different in something', { compared: ['same', 'different', 'unclear'] }, 'other', 'other'],
  ['not comparable in something', { compared: ['same', 'unclear'] }, 'unclear', 'unclear'],
])('an encounter %s', (_case, part, verdict, whereAdopted) => {
  expect(verdictOn({ ...alike, ...part }, attempts, { adopts: false })).toBe(verdict)
  expect(verdictOn({ ...alike, ...part }, attempts, { adopts: true })).toBe(whereAdopted)
})

test('claims nothing for an order whose first sending time is unknown', () => {
  expect(verdictOn(alike, {}, { adopts: true })).toBe('unclear')
})

test('claims a candidate only if it is the only one, and decides nothing if another one is unclear', () => {
  const [ours, other, unclear] = [{ verdict: 'ours' }, { verdict: 'other' }, { verdict: 'unclear' }] as const
  expect(onlyOne([])).toBeUndefined()
  expect(onlyOne([other])).toBeUndefined()
  expect(onlyOne([other, ours])).toBe(ours)
  for (const candidates of [[unclear], [ours, unclear], [ours, ours]])
    expect(() => onlyOne(candidates)).toThrow(Undecided)
})

test('a value that was not sent is the same, and one that is not shown is unclear', () => {
  expect(comparedWith(undefined, 'a')).toBe('same')
  expect(comparedWith('a', 'a')).toBe('same')
  expect(comparedWith('a', 'b')).toBe('different')
  expect(comparedWith('a', '')).toBe('unclear')
  expect(comparedWith('a', undefined)).toBe('unclear')
})
