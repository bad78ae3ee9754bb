import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readingOf } from './reading.ts'
import { tableRows } from './table.ts'

function mapFile(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'column-map-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'columns.json')
  writeFileSync(path, content)
  return path
}

async function requestsOf(text: string, options: Parameters<typeof readingOf>[0]) {
  const pieces = (async function* () {
    yield Buffer.from(text)
  })()
  const rows = await Array.fromAsync(tableRows(pieces, await readingOf(options)))
  return rows.map(({ request }) => request)
}

test('a table with names of its own is read by its map, with constants where a row has nothing, and dates of a spreadsheet', async () => {
  const Columns = { MRN: 'PatientId', Seen: 'Encounter.EncounterDateTime', Notes: null }
  const Constants = { UserId: 'interface', 'Encounter.PatientClassId': 'O' }
  const columns = mapFile(JSON.stringify({ Columns, Constants }))
  const text = 'sep=;\r\nMRN;Seen;Notes;Encounter.PatientClassId\r\n7;23.11.2026 08:30;fasting;\r\n8;;;I\r\n'
  expect(await requestsOf(text, { columns, 'time-zone': 'America/Chicago' })).toEqual([
    {
      UserId: 'interface',
      PatientId: '7',
      Encounter: { EncounterDateTime: '2026-11-23T08:30:00-06:00', PatientClassId: 'O' },
    },
    { UserId: 'interface', PatientId: '8', Encounter: { PatientClassId: 'I' } },
  ])
})

test.for([
  ['no JSON', '{', /is not JSON/],
  ['another form', '{"Column": {}}', /must have the form/],
  ['a column that is not there', '{"Columns": {"Name": null}}', /the column map contains "Name"/],
  ['a field that is not known', '{"Constants": {"Patient": "x"}}', /the constant "Patient" is not known/],
  ['two columns for one field', '{"Columns": {"MRN": "UserId"}}', /is the same as column 1/],
] as const)('a map with %s is refused', async ([, content, expected]) => {
  await expect(requestsOf('UserId,MRN\nu,7\n', { columns: mapFile(content) })).rejects.toThrow(expected)
})

test('a time zone that there is not is refused', async () => {
  await expect(readingOf({ 'time-zone': 'Chicago' })).rejects.toThrow(/--time-zone takes an IANA name/)
})
