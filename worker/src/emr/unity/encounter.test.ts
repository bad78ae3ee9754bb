import { encounterFieldPaths, takeEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import sample from '@encounter-gateway/shared/contract/sample-request.json' with { type: 'json' }
import { expect, test } from 'vitest'
import { valuesOf } from '../carried/not-carried.ts'
import { carried, notCarriedByUnity, occasionOf, parametersOf, patientIdOf } from './encounter.ts'
import type { Settings } from './options.ts'

const settings: Settings = {
  baseUrl: 'https://unity.example/Unity/UnityService.svc',
  appName: 'a',
  serviceUsername: 'u',
  servicePassword: 'p',
  action: 'SaveSimpleEncounter',
  listAction: 'GetEncounterList',
  adoptUnmarked: false,
  statusCodes: {},
  patientIdTypes: ['sample string 3'],
  dateTimeFormat: 'us',
  sessionMinutes: 15,
}
const encounter = takeEncounter(sample)

test('the field table names fields of the request only', () => {
  expect(encounterFieldPaths).toEqual(expect.arrayContaining(Object.keys(carried)))
})

test('by default exactly the fields of the field table are carried', () => {
  const lost = new Set(notCarriedByUnity(encounter, settings, encounter.UserId))
  const arrived = valuesOf(encounter).filter(({ pointer }) => !lost.has(pointer))
  expect(arrived.map(({ path }) => path).toSorted()).toEqual(Object.keys(carried).toSorted())
})

test('the author is carried only if it is the user who logs in', () => {
  expect(notCarriedByUnity(encounter, settings, 'jmedici')).toContain('/UserId')
})

test('has the type and the date of service by default', () => {
  expect(parametersOf(encounter, settings)).toEqual(['sample string 3', '12/12/2025 20:56:11', '', '', '', ''])
})

test('does not force a new encounter with GetEncounter unless the connection configures it', () => {
  const finding = { ...settings, action: 'GetEncounter' }
  expect(parametersOf(encounter, finding).slice(2)).toEqual(['N', 'N', '', ''])
  expect(parametersOf(encounter, { ...finding, parameter3: 'Y' }).slice(2)).toEqual(['Y', 'N', '', ''])
})

test('puts fields and texts where the connection places them', () => {
  const own = {
    ...settings,
    dateTimeFormat: 'iso' as const,
    timeZone: 'America/Chicago',
    parameter1: '/Encounter/EncounterDateTime',
    parameter2: '/Encounter/EncounterTypeId',
    parameter3: '/Encounter/Location/UnitId',
    parameter4: '/Encounter/DischargeDateTime',
    parameter5: 'Gateway',
  }
  expect(parametersOf(encounter, own)).toEqual([
    '2025-12-12T14:56:11',
    'sample string 3',
    'sample string 2',
    '2025-12-12T14:56:11',
    'Gateway',
    '',
  ])
  const lost = notCarriedByUnity(encounter, own, '')
  expect(lost).not.toContain('/Encounter/Location/UnitId')
  expect(lost).not.toContain('/Encounter/DischargeDateTime')
  expect(lost).toContain('/Encounter/Location/BedId')
})

test('a request without type or time is refused, unless the connection has a type', () => {
  const bare = { UserId: 'u', PatientId: '5', Encounter: {} }
  expect(() => occasionOf(bare, settings)).toThrow(expect.objectContaining({ code: 400 }))
  const timed = { ...bare, Encounter: { EncounterDateTime: '2025-12-12T20:56:11Z' } }
  expect(() => occasionOf(timed, settings)).toThrow(
    expect.objectContaining({ pointers: ['/Encounter/EncounterTypeId'] }),
  )
  expect(occasionOf(timed, { ...settings, encounterType: 'Visit' })).toEqual({
    type: 'Visit',
    when: '2025-12-12T20:56:11',
  })
  expect(parametersOf(timed, { ...settings, encounterType: 'Visit' })[0]).toBe('Visit')
})

test('a patient number of another kind is refused', () => {
  expect(patientIdOf(encounter, settings)).toBe('sample string 2')
  expect(() => patientIdOf({ ...encounter, PatientIdType: 'MRN' }, settings)).toThrow("EMR's own")
})
