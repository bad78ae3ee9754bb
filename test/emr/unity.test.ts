import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import { takeEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { connectorOptions, policyMistakes } from '@encounter-gateway/worker/emr/registry.ts'
import { Value } from '@sinclair/typebox/value'
import { expect, test } from 'vitest'
import { conformance } from '../conformance.ts'
import { fullEncounter } from '../fixtures/full-encounter.ts'
import { openGateway } from '../fixtures/gateway.ts'
import { callFor, errorOf, orderOf } from '../fixtures/port.ts'
import { loadSample } from '../fixtures/sample.ts'
import { useEmr } from '../fixtures/use-emr.ts'
import { openUnity } from './unity.ts'

conformance({ emrSystem: 'Allscripts', connector: 'unity', open: openUnity, adopting: { adoptUnmarked: true } })

const allscripts = useEmr({ emrSystem: 'Allscripts', connector: 'unity', open: openUnity })
const sample = takeEncounter(loadSample())

test.each([400, 401, 403] as const)("nothing of Unity's text with a %i is passed on", async (code) => {
  allscripts.emr.misbehave({ how: { answer: code } })
  const error = await errorOf(allscripts.port().create(orderOf(allscripts.emr, sample), callFor()))
  expect(error.code).toBe(code)
  expect(JSON.stringify(error) + error.stack).not.toMatch(/Jane|Magic Error|jmedici/)
})

test.each([
  ['no number in it', [{ savesimpleencounterinfo: [{ Status: 'OK' }] }]],
  ['nothing in it', []],
  ['another shape', 'OK'],
])('an answer to the creation with %s leaves the outcome unknown', async (_case, body) => {
  allscripts.emr.reply('SaveSimpleEncounter', body)
  const error = await errorOf(allscripts.port().create(orderOf(allscripts.emr, sample), callFor()))
  expect(error).toMatchObject({ code: 502, retry: true, outcomeUnknown: true })
})

test('by GetEncounter, the same patient, type and time is the same encounter', async () => {
  const unity = allscripts.port({ action: 'GetEncounter' })
  const first = await unity.create(orderOf(allscripts.emr, sample), callFor())
  expect(await unity.create(orderOf(allscripts.emr, sample), callFor())).toMatchObject({
    EncounterId: first.EncounterId,
  })
  expect(allscripts.emr.kept).toMatchObject([
    { patientId: 'sample string 2', type: 'sample string 3', when: '12/12/2025 20:56:11' },
  ])
  await allscripts.port({ action: 'GetEncounter', parameter3: 'Y' }).create(orderOf(allscripts.emr, sample), callFor())
  expect(allscripts.emr.kept).toHaveLength(2)
})

test("calls a site's own action with its own parameters", async () => {
  const unity = allscripts.port({
    action: 'SaveVisit',
    parameter1: '/Encounter/EncounterDateTime',
    parameter2: '/Encounter/EncounterTypeId',
    timeZone: 'America/Chicago',
  })
  const made = await unity.create(orderOf(allscripts.emr, sample), callFor())
  expect(allscripts.emr.kept).toMatchObject([
    { id: made.EncounterId, type: 'sample string 3', when: '12/12/2025 14:56:11' },
  ])
  expect(
    await allscripts
      .port({ timeZone: 'America/Chicago', adoptUnmarked: true })
      .find?.(orderOf(allscripts.emr, sample), callFor()),
  ).toMatchObject({
    EncounterId: made.EncounterId,
  })
})

test('finds, among encounters that look alike, the one not assigned to another order', async () => {
  const unity = allscripts.port({ adoptUnmarked: true })
  const mine = orderOf(allscripts.emr, sample)
  await unity.create(orderOf(allscripts.emr, sample), callFor())
  expect(await unity.find?.(mine, callFor())).toBeUndefined()
  allscripts.emr.kept.push({
    id: '7',
    patientId: 'sample string 2',
    user: 'x',
    type: 'sample string 3',
    when: '12/12/2025 20:56:30',
  })
  expect(await unity.find?.(mine, callFor())).toMatchObject({ EncounterId: '7' })
})

test('does not search for an encounter while another of the same patient is being created', async () => {
  const unity = allscripts.port({ adoptUnmarked: true })
  const over = new AbortController()
  const lists = () => allscripts.emr.calls.filter((line) => line === 'MagicJson GetEncounterList').length
  await unity.find?.(orderOf(allscripts.emr, { ...sample, PatientId: 'other' }), callFor())
  allscripts.emr.misbehave({ how: 'hang after commit', times: 1 })
  const creating = errorOf(unity.create(orderOf(allscripts.emr, sample), callFor(over.signal)))
  await expect.poll(() => allscripts.emr.kept).toHaveLength(1)
  const finding = unity.find?.(orderOf(allscripts.emr, sample), callFor())
  await unity.find?.(orderOf(allscripts.emr, { ...sample, PatientId: 'other' }), callFor())
  expect(lists()).toBe(2)
  over.abort()
  expect(await creating).toMatchObject({ code: 408, outcomeUnknown: true })
  await finding
  expect(lists()).toBe(3)
})

test.each([
  ['one looks like it, and the connection does not guess', [{ DTTM: '12/12/2025 20:56' }], false],
  ["one is the scheduling's", [{ DTTM: '12/12/2025 20:56', EncounterType: 'sample string 3', VisitID: '4' }], true],
  ['two look like it', [{ DTTM: '12/12/2025 20:56' }, { DTTM: '12/12/2025 20:56' }], true],
  ['one is of that day, without a time', [{ DTTM: '12/12/2025' }], true],
  ['one has a type by another name', [{ DTTM: '12/12/2025 20:56', EncounterType: 'other' }], true],
])('leaves the outcome unknown when %s', async (_case, rows, adoptUnmarked) => {
  const listed = rows.map((row, index) => ({
    ID: String(index + 1),
    patientid: 'sample string 2',
    EncounterType: 'sample string 3',
    ...row,
  }))
  allscripts.emr.reply('GetEncounterList', [{ getencounterlistinfo: listed }])
  const port = allscripts.port({ adoptUnmarked })
  const error = await errorOf(port.find?.(orderOf(allscripts.emr, sample), callFor()))
  expect(error).toMatchObject({ code: 502, retry: false, outcomeUnknown: false })
})

test.each([
  [[{ savesimpleencounterinfo: [{ EncounterID: '-1', STATUS: 'Critical: Jane Doe cannot be saved' }] }], 400],
  [[{ savesimpleencounterinfo: [{ ID: '5', Status: 'Error: the user is not authorized' }] }], 403],
  [[{ Error: 'Magic Error - No records found.' }], 400],
])('an answer of %j to a creation is a refusal with %i, whatever number it holds', async (body, code) => {
  allscripts.emr.reply('SaveSimpleEncounter', body)
  const error = await errorOf(allscripts.port().create(orderOf(allscripts.emr, sample), callFor()))
  expect(error).toMatchObject({ code, retry: false, outcomeUnknown: false })
})

test.each(['0', '-1', 'none'])('an encounter number of %j leaves the outcome unknown', async (EncounterID) => {
  allscripts.emr.reply('SaveSimpleEncounter', [{ savesimpleencounterinfo: [{ EncounterID, Status: 'OK' }] }])
  const error = await errorOf(allscripts.port().create(orderOf(allscripts.emr, sample), callFor()))
  expect(error).toMatchObject({ code: 502, outcomeUnknown: true })
})

test('believes Unity that there is none, and does not take a failure for that', async () => {
  allscripts.emr.reply('GetEncounterList', [{ Error: 'Magic Error - No encounters found.' }])
  expect(await allscripts.port().find?.(orderOf(allscripts.emr, sample), callFor())).toBeUndefined()
  allscripts.emr.reply('GetEncounterList', [{ Error: 'Magic Error - Timeout expired.' }])
  expect(await errorOf(allscripts.port().find?.(orderOf(allscripts.emr, sample), callFor()))).toMatchObject({
    code: 502,
    retry: true,
  })
})

test('a job whose encounter cannot be distinguished from another ends OutcomeUnknown, with none created for it', async () => {
  await using gateway = await openGateway({
    emrSystem: 'Allscripts',
    connector: 'unity',
    settings: { timeoutMs: 300 },
    emr: allscripts.emr,
  })
  allscripts.emr.reply('GetEncounterList', [{ getencounterlistinfo: [{ ID: '1', DTTM: '12/12/2025' }] }])
  allscripts.emr.misbehave({ how: 'hang before commit', times: 1 })
  const { job } = await gateway.submit()
  expect(await gateway.ended(job)).toMatchObject({ status: 'OutcomeUnknown' })
  expect(allscripts.emr.encounters()).toEqual([])
})

test('a Unity without a list of encounters cannot be asked, and its connection must configure a policy for that', () => {
  expect('find' in allscripts.port()).toBe(true)
  expect('find' in allscripts.port({ listAction: 'none' })).toBe(false)
  const connection = { emrSystem: 'Allscripts', connector: 'unity', listAction: 'none', onUnknownOutcome: 'reconcile' }
  expect(policyMistakes([connection as unknown as Connection])).toMatchObject([
    { Pointer: '/connections/0/onUnknownOutcome' },
  ])
})

test('checks that Unity is there and accepts the licence, and leaves no token behind', async () => {
  await allscripts.port().check(callFor())
  expect(allscripts.emr.calls).toEqual(['GetToken', 'RetireSecurityToken'])
  expect(allscripts.emr.tokens.size).toBe(0)
  expect(await errorOf(allscripts.port({ serviceUsername: 'x' }).check(callFor()))).toMatchObject({ code: 401 })
})

test('an unknown time zone stops the worker, and an unknown field is a mistake in the configuration', () => {
  expect(() => allscripts.port({ timeZone: 'Mars/Olympus' })).toThrow(RangeError)
  const parameter = connectorOptions['unity']?.properties['parameter3']
  const valid = (text: string) => parameter !== undefined && Value.Check(parameter, text)
  expect(['', 'N', '/UserId', '/Encounter/Location/BedId'].map(valid)).toEqual([true, true, true, true])
  expect(['/Encounter', '/Encounter/Nothing', '/Encounter/ICD10DXCodeIds/*'].map(valid)).toEqual([false, false, false])
})

test('of a request with a distinct value in each field, every value not reported as lost has arrived in its place', async () => {
  const sent = { ...fullEncounter(), PatientIdType: 'sample string 3' }
  const made = await allscripts.port().create(orderOf(allscripts.emr, sent), callFor())
  const [kept] = allscripts.emr.encounters()
  expect(kept && allscripts.emr.missing(kept, sent).toSorted()).toEqual(made.NotCarried.toSorted())
  expect(allscripts.emr.kept).toMatchObject([{ patientId: '12724066', type: '309308', when: '03/01/2025 08:15:30' }])
})
