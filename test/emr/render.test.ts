import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { expect, test } from 'vitest'
import { fullEncounter } from '../fixtures/full-encounter.ts'
import { openPort } from '../fixtures/emr-port.ts'
import { callFor, orderOf } from '../fixtures/port.ts'
import { openAthena } from './athena.ts'
import { openCerner } from './cerner.ts'
import { openFhirServer } from './fhir.ts'
import { openHl7v2 } from './hl7v2.ts'
import { openSandbox } from './sandbox.ts'
import type { SimulatedEmr } from './simulated-emr.ts'
import { openUnity } from './unity.ts'
import { millennium } from './use-cerner.ts'
import { agreed, lenient } from './use-hl7v2.ts'
import { visit } from './use-athena.ts'

/** What is not the same in two messages: the time of sending, and what only the EMR or the login knows. */
const comparable = (body: string) =>
  body
    .replaceAll(/\|20\d{12}(\.\d+)?([+-]\d{4})?/g, '|(now)')
    .replace(/"Token":"[^"]*"/, '"Token":"(token)"')
    .replace(/"AppUserID":"[^"]*"/, '"AppUserID":"(LoginId)"')
    .replace(/Encounter\/\d+"/, 'Encounter/(encounter id)"')

type Case = {
  name: string
  emrSystem: string
  connector: string
  open: () => Promise<SimulatedEmr>
  encounter?: PatientEncounter
  settings?: Record<string, unknown>
}
const hl7v2 = {
  connector: 'hl7v2',
  open: () => openHl7v2({ agreed, options: lenient }),
  settings: { onUnknownOutcome: 'resend' },
}
const { PatientIdType: _unknownThere, ...ofUnity } = fullEncounter()
const cases: Case[] = [
  { name: 'sandbox', emrSystem: 'Sandbox', connector: 'sandbox', open: openSandbox },
  { name: 'fhir', emrSystem: 'Epic', connector: 'fhir', open: openFhirServer },
  {
    name: 'fhir without transactions',
    emrSystem: 'Epic',
    connector: 'fhir',
    open: openFhirServer,
    settings: { transactions: 'never' },
  },
  { name: 'cerner', emrSystem: 'Cerner', connector: 'cerner', open: openCerner, encounter: millennium() },
  { name: 'Meditech', emrSystem: 'Meditech', ...hl7v2 },
  { name: 'Epic', emrSystem: 'Epic', ...hl7v2 },
  {
    name: 'Meditech with an A03',
    emrSystem: 'Meditech',
    ...hl7v2,
    settings: { ...hl7v2.settings, discharge: 'A03' },
  },
  { name: 'unity', emrSystem: 'Allscripts', connector: 'unity', open: openUnity, encounter: ofUnity },
  { name: 'athena', emrSystem: 'Athena', connector: 'athena', open: openAthena, encounter: visit() },
]

/** Every body that the EMR got while `action` ran, in order. */
async function bodiesDuring(emr: SimulatedEmr, action: () => Promise<unknown>): Promise<string[]> {
  await action()
  const { received = [], bodies = [] } = emr as { received?: Buffer[]; bodies?: string[] }
  return [...received.map(String), ...bodies].map(comparable)
}

test.each(cases)('$name: what is rendered is what is sent, and nothing is sent for it', async (about) => {
  await using emr = await about.open()
  await using connector = openPort({
    emrSystem: about.emrSystem,
    connector: about.connector,
    ...emr.options,
    ...about.settings,
  })
  const order = orderOf(emr, about.encounter ?? fullEncounter())
  const { correlationKey, encounter } = order
  const { messages, notCarried } = connector.render({ correlationKey, encounter })
  expect(emr.encounters()).toEqual([])
  let created: { NotCarried: string[] } | undefined
  const sent = await bodiesDuring(emr, async () => (created = await connector.create(order, callFor())))
  expect(messages.length).toBeGreaterThan(0)
  for (const { Body } of messages) expect(sent).toContain(comparable(Body))
  expect(notCarried.filter((pointer) => pointer !== '/UserId').toSorted()).toEqual(
    created?.NotCarried.filter((pointer) => pointer !== '/UserId').toSorted(),
  )
  expect(JSON.stringify(messages)).not.toContain(emr.credentials.password ?? 'no password')
})

test('an appointment is checked in, then its note is written', async () => {
  await using emr = await openAthena()
  await using connector = openPort({ emrSystem: 'Athena', connector: 'athena', ...emr.options, route: 'appointment' })
  const encounter = visit({ EncounterAlias: '77' })
  const { messages } = connector.render({ correlationKey: 'k', encounter })
  expect(messages.map(({ To }) => To).slice(0, 2)).toEqual([
    'POST appointments/77/checkin',
    'POST chart/encounter/(encounter id)/encounterreasonnote',
  ])
})
