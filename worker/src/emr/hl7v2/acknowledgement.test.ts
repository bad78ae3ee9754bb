import { expect, test } from 'vitest'
import { readAcknowledgement } from './acknowledgement.ts'

const MSH = 'MSH|^~\\&|EMR||||||ACK^A04^ACK|77|P|2.5.1'
const read = (...segments: string[]) => readAcknowledgement(Buffer.from([MSH, ...segments, ''].join('\r')))
const location = { segment: 'PV1', sequence: 1, field: 3, repetition: 1, component: 4 }

test('reads the answer and what it answers', () => {
  expect(read('MSA|AA|k1')).toEqual({ code: 'AA', answers: 'k1', faults: [], wantsAnswer: undefined })
})

test('reads ERR of v2.5, one fault for each place, and skips warnings', () => {
  const acknowledgement = read(
    'MSA|AE|k1',
    'ERR||PV1^1^3^1^4~PID^^5|103^Table value not found^HL70357|E|||Jane Doe',
    'ERR||PV1^1^10|102|W',
    'ERR|||207|F',
  )
  expect(acknowledgement?.faults).toEqual([
    { code: '103', location },
    { code: '103', location: { segment: 'PID', field: 5 } },
    { code: '207', location: undefined },
  ])
})

test('reads ERR as it was before v2.5, and MSA-6', () => {
  expect(read('MSA|AE|k1', 'ERR|PV1^1^3^103&Jane&HL70357')?.faults).toEqual([
    { code: '103', location: { segment: 'PV1', sequence: 1, field: 3 } },
  ])
  expect(read('MSA|AE|k1|Jane|||207^Jane')?.faults).toEqual([{ code: '207', location: undefined }])
})

test('uses the delimiters that the answer names, and reads segments that end with LF', () => {
  const bytes = Buffer.from('MSH*!~\\&*EMR\nMSA*AE*k1\nERR**PV1!1!3!1!4*103!x\n')
  expect(readAcknowledgement(bytes)?.faults).toEqual([{ code: '103', location }])
})

test.each([
  ['three characters', 'MSH|^~&|EPIC'],
  ['five characters, as since v2.7', 'MSH|^~\\&#|EPIC'],
  ['the component separator only', 'MSH|^|EPIC'],
])('reads MSH-2 of %s', (_what, header) => {
  const bytes = Buffer.from(`${header}||||||ACK^A04^ACK|9|P|2.3|||AL\rMSA|AE|k1\rERR|PID^1^3^204&Unknown key\r`)
  expect(readAcknowledgement(bytes)).toMatchObject({
    faults: [{ code: '204', location: { segment: 'PID', field: 3 } }],
    wantsAnswer: { controlId: '9', version: '2.3' },
  })
})

test.each(['\r\n', '\n', '\ufeff', '\ufeff\r\n', ' '])('skips %j before MSH', (before) => {
  expect(readAcknowledgement(Buffer.from(`${before}${MSH}\rMSA|AA|k1\r`))).toMatchObject({ code: 'AA', answers: 'k1' })
})

test('reports whether the answer requests an answer', () => {
  const bytes = Buffer.from('MSH|^~\\&|EMR||||||ACK|A7|P|2.4|||AL|NE\rMSA|AA|k1\r')
  expect(readAcknowledgement(bytes)?.wantsAnswer).toEqual({ controlId: 'A7', version: '2.4' })
})

test.each(['', 'MSH', 'MSH|^~\\&|', 'MSA|AA|k1\r', 'HELLO\rMSA|AA|k1\r'])('%j is not an acknowledgement', (text) => {
  expect(readAcknowledgement(Buffer.from(text))).toBeUndefined()
})
