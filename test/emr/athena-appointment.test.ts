import { takeEncounter, type PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { expect, test } from 'vitest'
import { openGateway } from '../fixtures/gateway.ts'
import { callFor, errorOf, orderOf } from '../fixtures/port.ts'
import { loadSample } from '../fixtures/sample.ts'
import { addBare, useAthena, visit } from './use-athena.ts'

const athena = useAthena({ route: 'appointment' })
const atSlot = (more: Partial<PatientEncounter['Encounter']> = {}) => visit({ EncounterAlias: '500', ...more })
const slot = (more: object = {}) =>
  athena.emr.practice.appointments.set('500', {
    appointmentid: '500',
    appointmentstatus: 'f',
    patientid: '7681',
    departmentid: '21',
    providerid: '71',
    appointmenttypeid: '82',
    ...more,
  })

test('checks a booked appointment in and finds its encounter', async () => {
  slot()
  const encounter = atSlot({ AttendingProviderId: '71', Location: { UnitId: '21' }, EncounterTypeId: '8' })
  const made = await athena.port().create(orderOf(athena.emr, encounter), callFor())
  expect(athena.emr.practice.encounters).toMatchObject([
    { appointmentid: '500', encountertype: 'VISIT', note: 'Chest pain & cough', diagnoses: ['R07.9', 'J18.9'] },
  ])
  expect(made).toEqual({
    EncounterId: '62020',
    AlternativeIdentifiers: [{ Code: 'APPOINTMENT', Description: 'Appointment in athenaOne', Value: '500' }],
    NotCarried: ['/UserId', '/Encounter/EncounterTypeId'],
  })
})

test.each([
  ['EncounterTypeId', { EncounterTypeId: '83' }, {}, '83'],
  ['the connection', {}, { appointmentTypeId: '84' }, '84'],
])('books an open slot first, of the type from %s', async (_from, encounter, settings, type) => {
  slot({ appointmentstatus: 'o', patientid: undefined })
  const made = await athena.port(settings).create(orderOf(athena.emr, atSlot(encounter)), callFor())
  expect(made).toMatchObject({ EncounterId: '62020', NotCarried: ['/UserId'] })
  expect(athena.emr.practice.appointments.get('500')).toMatchObject({ patientid: '7681', appointmenttypeid: type })
})

test('reads the appointment from a custom field if the connection names one', async () => {
  slot()
  const CustomFields = [
    { FieldId: 'x', ResponseValue: '1' },
    { FieldId: 'appt', ResponseValue: '500' },
  ]
  const connector = athena.port({ appointmentCustomField: 'appt' })
  const made = await connector.create(orderOf(athena.emr, atSlot({ CustomFields, EncounterAlias: 'V1' })), callFor())
  expect(made.NotCarried).toEqual([
    '/UserId',
    '/Encounter/EncounterAlias',
    '/Encounter/CustomFields/0/FieldId',
    '/Encounter/CustomFields/0/ResponseValue',
  ])
  const error = await errorOf(connector.create(orderOf(athena.emr, atSlot()), callFor()))
  expect(error).toMatchObject({ code: 400, pointers: ['/Encounter/CustomFields'] })
})

test('returns the encounter that the front desk has created meanwhile, and leaves its reason unchanged', async () => {
  slot({ appointmentstatus: '2' })
  addBare(athena.emr, { encountertype: 'VISIT', appointmentid: '500', note: 'By the desk', diagnoses: ['R07.9'] })
  const made = await athena.port().create(orderOf(athena.emr, atSlot()), callFor())
  expect(made).toMatchObject({ EncounterId: '90', NotCarried: ['/UserId', '/Encounter/ReasonForVisit'] })
  expect(athena.emr.practice.encounters).toMatchObject([{ note: 'By the desk', diagnoses: ['R07.9', 'J18.9'] }])
})

test.each([
  ['no appointment is named', {}, { EncounterAlias: '' }, ['/Encounter/EncounterAlias']],
  ['it is cancelled', { appointmentstatus: 'x' }, {}, ['/Encounter/EncounterAlias']],
  ["it is another patient's", { patientid: '1' }, {}, ['/PatientId', '/Encounter/EncounterAlias']],
  ['the slot is open and no type is named', { appointmentstatus: 'o' }, {}, ['/Encounter/EncounterTypeId']],
  ['the identifier leads elsewhere', {}, { EncounterAlias: '..' }, ['/Encounter/EncounterAlias']],
])('refuses with 400, and creates nothing, when %s', async (_case, appointment, encounter, pointers) => {
  slot(appointment)
  const error = await errorOf(athena.port().create(orderOf(athena.emr, atSlot(encounter)), callFor()))
  expect(error).toMatchObject({ code: 400, retry: false, outcomeUnknown: false, pointers })
  expect(athena.emr.encounters()).toEqual([])
})

test('an appointment that athena does not yet allow to be checked in is a 400 at the appointment', async () => {
  slot()
  athena.emr.refuse(/checkin$/, { status: 400, body: '{"error":"Jane Doe has no insurance"}' })
  const error = await errorOf(athena.port().create(orderOf(athena.emr, atSlot()), callFor()))
  expect(error).toMatchObject({ code: 400, pointers: ['/Encounter/EncounterAlias'] })
  expect(JSON.stringify(error) + error.stack).not.toContain('Jane')
})

test.each(['hang after commit', 'drop after commit', 'garbage', 'drop before commit'] as const)(
  'an athena that once does "%s" at the check-in has exactly one encounter in the end',
  async (how) => {
    const settings = { route: 'appointment', timeoutMs: 500 }
    await using gateway = await openGateway({ emrSystem: 'Athena', connector: 'athena', settings, emr: athena.emr })
    slot({ patientid: 'sample string 2', appointmentstatus: 'o' })
    athena.emr.misbehave({ how, times: 1 })
    const sample = loadSample()
    sample.Encounter.EncounterAlias = '500'
    const { job } = await gateway.submit(sample)
    const done = await gateway.ended(job)
    const [made, ...more] = athena.emr.encounters()
    expect(more).toEqual([])
    expect(done).toMatchObject({ status: 'Succeeded', result: { EncounterId: made?.encounterId } })
    const missing = made ? athena.emr.missing(made, takeEncounter(sample)) : ['/']
    expect(done.result.NotCarried?.toSorted()).toEqual(missing.toSorted())
  },
)

test('leaves the outcome unknown while a patient is checked in but no encounter is shown', async () => {
  slot({ appointmentstatus: '2' })
  const error = await errorOf(athena.port().find?.(orderOf(athena.emr, atSlot()), callFor()))
  expect(error).toMatchObject({ code: 502, retry: true })
  slot()
  expect(await athena.port().find?.(orderOf(athena.emr, atSlot()), callFor())).toBeUndefined()
})

test.each([403, 429, 500, 504])(
  'a check-in whose encounter cannot be read for a %i is not reported as having created none',
  async (status) => {
    slot()
    athena.emr.refuse(/^GET chart\/7681\/encounters$/, { status })
    const order = orderOf(athena.emr, atSlot())
    const error = await errorOf(athena.port().create(order, callFor()))
    expect(error).toMatchObject({ retry: true, outcomeUnknown: true })
    athena.emr.refuse(/^$/, 'never')
    expect(await athena.port().find?.(order, callFor())).toMatchObject({ EncounterId: '62020' })
  },
)
