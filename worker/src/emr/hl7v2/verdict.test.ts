import { expect, test } from 'vitest'
import { standard } from './profiles/standard.ts'
import { verdictOf } from './verdict.ts'

const fault = (code: string, at?: [string, number]) => ({
  code,
  location: at && { segment: at[0], field: at[1] },
})
const answered = { pointersAt: () => ['/Encounter/PatientClassId'], ownVisitNumber: false, mayExist: true }
const verdict = (code: string, faults: ReturnType<typeof fault>[] = [], rules = {}, more = {}) =>
  verdictOf({ code, answers: '', faults, wantsAnswer: undefined }, { ...standard, ...rules }, { ...answered, ...more })

const content = { code: 400, retry: false, outcomeUnknown: false }
const busy = { code: 502, retry: true, outcomeUnknown: false }
const rejected = { code: 502, retry: false, outcomeUnknown: false }
const doubtful = { code: 502, retry: false, outcomeUnknown: true }

test('AA means created, and CA only if the site configures it', () => {
  expect(verdict('AA')).toBe('created')
  expect(verdict('CA')).toBeUndefined()
  expect(verdict('CA', [], { acknowledgement: 'enhanced' })).toBeUndefined()
  expect(verdict('CA', [], { acknowledgement: 'commit' })).toBe('created')
})

test.each([
  ['AE', '100', content],
  ['AE', '101', content],
  ['AE', '102', content],
  ['AE', '103', content],
  ['AE', '204', content],
  ['AE', '200', rejected],
  ['AE', '203', rejected],
  ['AE', '206', busy],
  ['AE', '207', busy],
  ['AE', 'local', busy],
  ['CE', '207', busy],
  ['AR', '103', rejected],
  ['AR', '207', rejected],
  ['CR', '207', rejected],
])('%s with %s', (code, reason, expected) => {
  expect(verdict(code, [fault(reason)])).toMatchObject(expected)
})

test('AE and AR without a reason', () => {
  expect(verdict('AE')).toMatchObject(busy)
  expect(verdict('AR')).toMatchObject(rejected)
  expect(verdict('AR', [], { retryRejected: true })).toMatchObject(busy)
})

test('a fault of content takes precedence, and only its places are reported', () => {
  const pointersAt = ({ segment }: { segment: string }) => [`/${segment}`]
  const faults = [fault('207', ['PID', 1]), fault('103', ['PV1', 2]), fault('205')]
  expect(verdict('AE', faults, {}, { pointersAt })).toMatchObject({ ...content, pointers: ['/PV1'] })
})

test('a duplicate is ours only by our key', () => {
  const own = { ownVisitNumber: true }
  for (const code of ['AE', 'AR']) {
    expect(verdict(code, [fault('205', ['MSH', 10])])).toBe('created')
    expect(verdict(code, [fault('205', ['PV1', 50])])).toBe('created')
    expect(verdict(code, [fault('205', ['PV1', 19])], {}, own)).toBe('created')
    expect(verdict(code, [fault('205')], {}, own)).toBe('created')
    expect(verdict(code, [fault('205', ['PV1', 19])])).toMatchObject(doubtful)
    expect(verdict(code, [fault('205')])).toMatchObject(doubtful)
    const another = { ...content, pointers: ['/Encounter/EncounterAlias'] }
    expect(verdict(code, [fault('205', ['PV1', 19])], {}, { mayExist: false })).toMatchObject(another)
    expect(verdict(code, [fault('205', ['PID', 18])], {}, own)).toMatchObject(doubtful)
  }
  expect(verdict('AR', [fault('205', ['MSH', 10]), fault('207')])).toMatchObject(rejected)
})

test("a site's own codes have the configured meaning", () => {
  const errorCodes = { ...standard.errorCodes, E17: 'content', '': 'content' } as const
  expect(verdict('AE', [fault('E17')], { errorCodes })).toMatchObject(content)
  expect(verdict('AE', [], { errorCodes })).toMatchObject(content)
})

test('any other code counts as no answer', () => {
  expect(verdict('XX')).toMatchObject({ code: 502, retry: true, outcomeUnknown: true })
})
