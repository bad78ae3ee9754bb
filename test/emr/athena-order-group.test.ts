import { expect, test } from 'vitest'
import { fullEncounter } from '../fixtures/full-encounter.ts'
import { openGateway } from '../fixtures/gateway.ts'
import { callFor, errorOf, orderOf } from '../fixtures/port.ts'
import { dayOf, type AthenaEncounter } from './athena-practice.ts'
import { addBare, useAthena, visit } from './use-athena.ts'

const athena = useAthena()

test('requests it in the named department, else in the default one, and with the provider if there is one', async () => {
  const connector = athena.port()
  const named = visit({ AttendingProviderId: '99', Location: { UnitId: 'sample string 2', HospitalId: 'h' } })
  await connector.create(orderOf(athena.emr, named), callFor())
  await connector.create(orderOf(athena.emr, visit()), callFor())
  expect(athena.emr.practice.encounters).toMatchObject([
    { patientid: '7681', departmentid: 'sample string 2', providerid: '99', encountertype: 'ORDERSONLY' },
    { patientid: '7681', departmentid: '1', providerid: '71' },
  ])
})

test('takes the department from HospitalId, or from no field, as the connection configures', async () => {
  const encounter = visit({ Location: { UnitId: 'u', HospitalId: 'sample string 2' } })
  const byHospital = await athena
    .port({ departmentFrom: 'HospitalId' })
    .create(orderOf(athena.emr, encounter), callFor())
  const byDefault = await athena.port({ departmentFrom: 'none' }).create(orderOf(athena.emr, encounter), callFor())
  expect(athena.emr.practice.encounters.map((made) => made.departmentid)).toEqual(['sample string 2', '1'])
  expect(byHospital.NotCarried).toEqual(['/UserId', '/Encounter/Location/UnitId'])
  expect(byDefault.NotCarried).toEqual(['/UserId', '/Encounter/Location/UnitId', '/Encounter/Location/HospitalId'])
})

test('writes the reason with our key behind it, and each diagnosis', async () => {
  const order = orderOf(athena.emr, visit())
  const made = await athena.port().create(order, callFor())
  expect(athena.emr.practice.encounters).toMatchObject([
    { note: `Chest pain & cough [ref ${order.correlationKey}]`, diagnoses: ['R07.9', 'J18.9'] },
  ])
  expect(made).toEqual({ EncounterId: '62020', AlternativeIdentifiers: [], NotCarried: ['/UserId'] })
})

test('sends the SNOMED code that the connection configures for an ICD-10 code', async () => {
  athena.emr.practice.diagnosisRules.needsSnomed = true
  const made = await athena
    .port({ snomedCodes: { 'J18.9': '233604007' } })
    .create(orderOf(athena.emr, visit()), callFor())
  expect(athena.emr.practice.encounters[0]?.diagnoses).toEqual(['J18.9'])
  expect(made.NotCarried).toContain('/Encounter/ICD10DXCodeIds/0')
  expect(made.NotCarried).not.toContain('/Encounter/ICD10DXCodeIds/1')
})

test.each([
  [/diagnoses$/, ['/Encounter/ICD10DXCodeIds/0', '/Encounter/ICD10DXCodeIds/1']],
  [/encounterreasonnote$/, ['/Encounter/ReasonForVisit']],
])(
  'an encounter without the part at %s exists all the same, and the part is reported as not carried',
  async (line, lost) => {
    athena.emr.refuse(line, { status: 500, body: 'Jane Doe' })
    const made = await athena.port().create(orderOf(athena.emr, visit()), callFor())
    expect(made).toMatchObject({ EncounterId: '62020', NotCarried: ['/UserId', ...lost] })
  },
)

test('completes an encounter found again by its key, and writes nothing twice', async () => {
  const order = orderOf(athena.emr, visit())
  athena.emr.refuse(/diagnoses$/, { status: 500 })
  await athena.port().create(order, callFor())
  athena.emr.refuse(/^$/, 'never')
  athena.emr.practice.encounters[0]?.diagnoses.push('R07.9')
  athena.emr.calls.length = 0
  expect(await athena.port().find?.(order, callFor())).toMatchObject({ EncounterId: '62020', NotCarried: ['/UserId'] })
  expect(athena.emr.practice.encounters).toMatchObject([{ diagnoses: ['R07.9', 'J18.9'] }])
  expect(athena.emr.calls.filter((line) => line.startsWith('POST'))).toEqual(['POST chart/encounter/62020/diagnoses'])
})

test("another order's encounter is not taken for ours, because of its key", async () => {
  await athena.port().create(orderOf(athena.emr, visit()), callFor())
  expect(await athena.port().find?.(orderOf(athena.emr, visit()), callFor())).toBeUndefined()
})

test('an encounter without a key that looks like ours is assigned once in a process', async () => {
  const connector = athena.port({ keyInNote: false, adoptUnmarked: true })
  const mine = orderOf(athena.emr, visit())
  await connector.create(mine, callFor())
  expect(athena.emr.practice.encounters[0]?.note).toBe('Chest pain & cough')
  expect(await connector.find?.(orderOf(athena.emr, visit()), callFor())).toBeUndefined()
  expect(await connector.find?.(mine, callFor())).toMatchObject({ EncounterId: '62020' })
})

test.each<[string, Partial<AthenaEncounter>[], boolean]>([
  ['two without a key could be ours', [{}, { encounterid: '91' }], true],
  ['one without a key could be ours, and the connection does not guess', [{}], false],
  ['one without a key is by another provider', [{ providerid: '5' }], true],
  ['one without a key is closed', [{ status: 'CLOSED' }], true],
  ['one without a key is deleted', [{ status: 'DELETED' }], true],
  ['one without a key has an order in it', [{ orders: ['CBC'] }], true],
])('leaves the outcome unknown when %s, and writes nothing to it', async (_case, made, adoptUnmarked) => {
  for (const one of made) addBare(athena.emr, one)
  const order = orderOf(athena.emr, visit({ AttendingProviderId: '71' }))
  const error = await errorOf(athena.port({ adoptUnmarked }).find?.(order, callFor()))
  expect(error).toMatchObject({ code: 502, retry: false, outcomeUnknown: false })
  expect(athena.emr.practice.encounters.map(({ note, diagnoses }) => [note, diagnoses])).toEqual(
    made.map(() => ['', []]),
  )
})

test('an encounter with our key that was deleted since is no success, and no reason to create another', async () => {
  const order = orderOf(athena.emr, visit())
  await athena.port().create(order, callFor())
  const [made] = athena.emr.practice.encounters
  if (made) made.status = 'DELETED'
  expect(await errorOf(athena.port().find?.(order, callFor()))).toMatchObject({ name: 'Undecided', retry: false })
})

test.each([
  ['a visit', { encountertype: 'VISIT' as const }],
  ['in another department', { departmentid: '2' }],
  ['of another patient', { patientid: '1' }],
  ['of three days before the first attempt', { encounterdate: dayOf(new Date(Date.now() - 3 * 86_400_000)) }],
  ['older than the search goes back', { encounterdate: dayOf(new Date(Date.now() - 9 * 86_400_000)) }],
  ['with a note of its own', { note: 'Refill' }],
  ['with a diagnosis of its own', { diagnoses: ['Z00.0'] }],
])('is sure that an encounter %s is not ours', async (_case, made) => {
  addBare(athena.emr, made)
  expect(await athena.port().find?.(orderOf(athena.emr, visit()), callFor())).toBeUndefined()
})

test('takes the only one without a key for ours, marks it and completes it', async () => {
  addBare(athena.emr)
  const order = orderOf(athena.emr, visit())
  const port = athena.port({ adoptUnmarked: true })
  expect(await port.find?.(order, callFor())).toMatchObject({ EncounterId: '90', NotCarried: ['/UserId'] })
  expect(athena.emr.encounters()).toMatchObject([{ correlationKey: order.correlationKey }])
})

test('a job whose encounter cannot be distinguished from others ends OutcomeUnknown, with none created for it', async () => {
  await using gateway = await openGateway({
    emrSystem: 'Athena',
    connector: 'athena',
    settings: { timeoutMs: 300 },
    emr: athena.emr,
  })
  addBare(athena.emr, {
    patientid: 'sample string 2',
    departmentid: 'sample string 2',
    encounterid: '90',
    providerid: '5',
  })
  athena.emr.misbehave({ how: 'hang before commit', times: 1 })
  const { job } = await gateway.submit()
  expect(await gateway.ended(job)).toMatchObject({ status: 'OutcomeUnknown' })
  expect(athena.emr.encounters()).toHaveLength(1)
})

test('of a request with a distinct value in each field, every value not reported as lost has arrived in its place', async () => {
  const sent = { ...fullEncounter(), PatientIdType: 'sample string 3' }
  athena.emr.practice.departments.push('32545017')
  const made = await athena.port().create(orderOf(athena.emr, sent), callFor())
  const [kept] = athena.emr.encounters()
  expect(kept && athena.emr.missing(kept, sent).toSorted()).toEqual(made.NotCarried.toSorted())
  expect(athena.emr.practice.encounters).toMatchObject([{ departmentid: '32545017', providerid: '4122622' }])
})
