import { expect, test } from 'vitest'
import { CliError } from '../exit-codes.ts'
import { readHeader } from './columns.ts'
import { tableAsLines, tableRows } from './table.ts'

async function* piecesOf(text: string | Buffer, size = 7) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const requestsOf = async (text: string) =>
  (await Array.fromAsync(tableRows(piecesOf(text)))).map(({ request }) => request)

const errorOf = async (text: string | Buffer) => {
  const error: unknown = await Array.fromAsync(tableRows(piecesOf(text))).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(CliError)
  return (error as CliError).message
}

test('field paths in their three ways make the same requests, typed as the schema has it', async () => {
  const text = `﻿UserId,/PatientId,Encounter.PatientClassId,Encounter/Insurances/0/CompanyName,Encounter.Insurances[1].Phones[0].Number,RequestVerboseLogging\r
007,"Muster, ""Max""",I,Aetna,555,TRUE\r
`
  expect(await requestsOf(text)).toEqual([
    {
      UserId: '007',
      PatientId: 'Muster, "Max"',
      Encounter: { PatientClassId: 'I', Insurances: [{ CompanyName: 'Aetna' }, { Phones: [{ Number: '555' }] }] },
      RequestVerboseLogging: true,
    },
  ])
})

test('an empty cell is left out, and so is an item of which all cells are empty: those after it move up', async () => {
  const text =
    'UserId;PatientId;Encounter/ICD10DXCodeIds/0;Encounter/ICD10DXCodeIds/1;Encounter/Location/BedId\nu;p;;I10;\nu;p;;;\n'
  expect(await requestsOf(text)).toEqual([
    { UserId: 'u', PatientId: 'p', Encounter: { ICD10DXCodeIds: ['I10'] } },
    { UserId: 'u', PatientId: 'p' },
  ])
})

test('what is not of its column’s type stays a text, for the check to name it', async () => {
  expect(await requestsOf('RequestVerboseLogging\tPatientId\nperhaps\tp')).toEqual([
    { RequestVerboseLogging: 'perhaps', PatientId: 'p' },
  ])
})

test('a row is as many lines as a spreadsheet counts, line breaks in cells and empty rows included', async () => {
  const text = 'PatientId,UserId\n"a\nb",u\n\n,\nc,u\n'
  const lines = Buffer.concat(await Array.fromAsync(tableAsLines(piecesOf(text))))
    .toString()
    .split('\n')
  expect(lines).toEqual(['', '{"PatientId":"a\\nb","UserId":"u"}', '', '', '{"PatientId":"c","UserId":"u"}', ''])
  expect((await Array.fromAsync(tableRows(piecesOf(text)))).map(({ row }) => row)).toEqual([2, 3, 4, 5])
})

test('every column that is not understood is told, with what was probably meant', async () => {
  expect(await errorOf('PatientId,UserID,Encounter/Insurances/CompanyName,Encounter,,PatientId\n')).toBe(
    [
      'invalid header:',
      'column 2 ("UserID") is not known: a request has no "UserID"; did you mean UserId?',
      'column 3 ("Encounter/Insurances/CompanyName") needs an index from 0 after Encounter/Insurances, which is a list',
      'column 4 ("Encounter") is not a single value: address its properties',
      'column 5 ("") has no name',
      'column 6 ("PatientId") is the same as column 1',
    ].join('\n'),
  )
})

test.for([
  ['PatientId,UserId\nJane,u,x\n', 'row 2: has 3 cells where the header has 2'],
  ['PatientId,UserId\nJane\n', 'row 2: has 1 cells where the header has 2'],
  ['PatientId,UserId\na,u\n"Jane,u\nb,u\n', 'row 3: a quote is never closed'],
  ['PatientId,UserId\n"Jane"x,u\n', 'row 2: unexpected text after a closing quote'],
  ['PatientId,UserId\nJa"ne,u\n', 'row 2: unexpected quote in an unquoted cell'],
] as const)(
  'a row whose cells nobody can tell is refused by its number and not quoted: %s',
  async ([text, message]) => {
    expect(await errorOf(text)).toBe(message)
  },
)

test('a file in another encoding is refused, not misread', async () => {
  expect(await errorOf(Buffer.from('PatientId,UserId\nMüller,u\n', 'latin1'))).toContain('not UTF-8')
})

test('a column can fill every field there is', () => {
  const [column] = readHeader(['Encounter/ProvidersType/2/Address/ZIP'])
  expect(column).toEqual({
    name: 'Encounter/ProvidersType/2/Address/ZIP',
    path: ['Encounter', 'ProvidersType', 2, 'Address', 'ZIP'],
    type: 'text',
  })
  expect(readHeader(['EMRSystem'])[0]?.type).toBe('text')
})
