import { encounterFieldPaths, type PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { expect, test } from 'vitest'
import { EmrError } from '../emr-error.ts'
import { carried, encodeEncounter, notCarried } from './encounter.ts'
import type { Site } from './options.ts'
import { siteOf } from './site.ts'

const correlationKey = 'k2345678901234567890'
const now = new Date('2026-03-01T12:00:00.000Z')
type Create = PatientEncounter['Encounter']

function encode(encounter: Create = {}, options: Partial<Site> = {}, outside: Partial<PatientEncounter> = {}) {
  const request = { UserId: 'u1', PatientId: 'p1', ...outside, Encounter: { PatientClassId: 'O', ...encounter } }
  const site = siteOf({ emrSystem: 'Any', ...options })
  const encoded = encodeEncounter({ correlationKey, encounter: request }, site, now)
  const segments = encoded.bytes.toString('latin1').split('\r').slice(0, -1)
  const named = (name: string) => segments.filter((segment) => segment.startsWith(name))
  /** Field n of the only segment of a name; of MSH, the delimiter is field 1. */
  const field = (name: string, at: number) => named(name)[0]?.split('|')[name === 'MSH' ? at - 1 : at] ?? ''
  return { ...encoded, segments, named, field }
}

/** Pointers of what does not fit; nothing if the encounter fits. */
function pointersOf(encounter: Create, options: Partial<Site> = {}, outside: Partial<PatientEncounter> = {}): string[] {
  try {
    encode(encounter, options, outside)
    return []
  } catch (error) {
    if (error instanceof EmrError && error.code === 400 && !error.retry && !error.outcomeUnknown) return error.pointers
    throw error
  }
}

test('the table lists for each of the 82 fields where it goes, or why it is not carried', () => {
  expect([...Object.keys(carried), ...Object.keys(notCarried)].toSorted()).toEqual([...encounterFieldPaths].toSorted())
  expect(Object.values(notCarried)).not.toContain('')
})

test('writes the smallest message', () => {
  expect(encode().segments).toEqual([
    `MSH|^~\\&|ENCOUNTER-GATEWAY||||20260301120000.000+0000||ADT^A04^ADT_A01|${correlationKey}|P|2.5.1||||||UNICODE UTF-8`,
    'EVN|A04|20260301120000.000+0000|||u1',
    'PID|1||p1||^^^^^^U',
    `PV1|1|O|||||||||||||||||${correlationKey}^^^^VN${'|'.repeat(31)}${correlationKey}`,
  ])
})

test('the same order gives the same message, whatever the time', () => {
  const request = { EncounterDateTime: '2026-03-01T11:00:00Z', EncounterAlias: 'V1' }
  expect(encode(request).segments).toEqual(encode(request).segments)
})

test('the header is as configured for the site', () => {
  const { field } = encode(
    { ContributorSystemId: 'CS' },
    {
      sendingApplication: 'GW^1.2.3^ISO',
      sendingFacility: 'HOSP',
      receivingApplication: 'EMR',
      receivingFacility: 'MAIN',
      processingId: 'T',
      versionId: '2.4',
      acknowledgement: 'enhanced',
      characterSet: 'ASCII',
      precision: 'minute',
      timeZone: 'America/New_York',
    },
  )
  const fields = [3, 4, 5, 6, 7, 11, 12, 15, 16, 18].map((at) => field('MSH', at))
  expect(fields).toEqual(['GW^1.2.3^ISO', 'HOSP', 'EMR', 'MAIN', '202603010700', 'T', '2.4', 'AL', 'AL', 'ASCII'])
})

test('the contributing system is the sender, unless the site configures one', () => {
  expect(encode({ ContributorSystemId: 'CS' }).field('MSH', 3)).toBe('CS')
  expect(encode({ ContributorSystemId: 'CS' }, { sendingApplication: 'GW' }).notCarried).toEqual([
    '/Encounter/ContributorSystemId',
  ])
})

test('the visit number is the alias, the key or either, as configured', () => {
  const aliased = { EncounterAlias: 'V1' }
  expect(encode(aliased)).toMatchObject({ visitNumber: 'V1', notCarried: [] })
  expect(encode(aliased, { visitNumber: 'key' })).toMatchObject({
    visitNumber: correlationKey,
    notCarried: ['/Encounter/EncounterAlias'],
  })
  expect(pointersOf({}, { visitNumber: 'alias' })).toEqual(['/Encounter/EncounterAlias'])
  const preadmit: Partial<Site> = { visitNumber: 'key', fields: { '/Encounter/EncounterAlias': 'PV1-5.1' } }
  const both = encode(aliased, preadmit)
  expect([both.field('PV1', 5), both.field('PV1', 19), both.notCarried]).toEqual(['V1', `${correlationKey}^^^^VN`, []])
  expect(encode(aliased, { alternateVisitId: false }).field('PV1', 50)).toBe('')
})

test('without a patient class there is no message, unless the site has a default', () => {
  const { PatientClassId: _none, ...rest } = { PatientClassId: '' }
  const request = { UserId: 'u1', PatientId: 'p1', Encounter: rest }
  const site = siteOf({ emrSystem: 'Any' })
  expect(() => encodeEncounter({ correlationKey, encounter: request }, site, now)).toThrow(EmrError)
  expect(pointersOf({ PatientClassId: '' })).toEqual(['/Encounter/PatientClassId'])
  expect(encode({ PatientClassId: '' }, { defaultPatientClass: 'U' }).field('PV1', 2)).toBe('U')
})

test('reports everything that is too long at once, by its place in the request', () => {
  const long = {
    MedicalServiceId: 'CARD',
    GuarantorTypeId: 'LONG',
    Insurances: [
      { CompanyId: 'C1', HealthPlanId: 'H1', PolicyNumber: '1'.repeat(16) },
      { CompanyId: 'C2', HealthPlanId: 'H2', Address: { Country: 'USAX' }, Phones: [{}, { TypeId: 'LONG' }] },
    ],
  }
  expect(pointersOf(long)).toEqual([
    '/Encounter/MedicalServiceId',
    '/Encounter/GuarantorTypeId',
    '/Encounter/Insurances/0/PolicyNumber',
    '/Encounter/Insurances/1/Address/Country',
    '/Encounter/Insurances/1/Phones/1/TypeId',
  ])
})

test('reports what is required and missing', () => {
  const missing = {
    Insurances: [{ CompanyName: 'Acme' }, { CompanyId: 'C', HealthPlanId: 'H' }],
    ProvidersType: [{ NPI: '1234567893' }, { ProviderType: 'XX' }],
  }
  expect(new Set(pointersOf(missing))).toEqual(
    new Set([
      '/Encounter/ProvidersType/0/ProviderType',
      '/Encounter/ProvidersType/1/ProviderId',
      '/Encounter/Insurances/0/HealthPlanId',
      '/Encounter/Insurances/0/CompanyId',
    ]),
  )
})

test('leaves out what does not fit, if configured, and reports it', () => {
  const options: Partial<Site> = { onMisfit: 'leave-out' }
  const request = {
    MedicalServiceId: 'CARD',
    ReasonForVisit: 'x'.repeat(200),
    Insurances: [{ CompanyName: 'Acme' }, { CompanyId: 'C', HealthPlanId: 'H' }],
  }
  const { named, notCarried: told } = encode(request, options)
  expect(told).toEqual([
    '/Encounter/MedicalServiceId',
    '/Encounter/ReasonForVisit',
    '/Encounter/Insurances/0/CompanyName',
  ])
  expect(named('IN1')).toEqual(['IN1|1|H|C'])
})

test('cuts words to length, if configured, but no code', () => {
  const request = { MedicalServiceId: 'CARD', ReasonForVisit: '💉'.repeat(200) }
  const { notCarried: told, bytes } = encode(request, { onMisfit: 'cut' })
  expect(told).toEqual(['/Encounter/MedicalServiceId', '/Encounter/ReasonForVisit'])
  expect(bytes.toString()).toMatch(/^PV2\|\|\|\^(💉){199}$/mu)
})

test('never leaves out the type of the PatientId: it would be another patient', () => {
  const kind = { PatientIdType: 'ENTERPRISE' }
  expect(pointersOf({}, { onMisfit: 'leave-out' }, kind)).toEqual(['/PatientIdType'])
  expect(pointersOf({}, { onMisfit: 'cut' }, { PatientId: '1'.repeat(16) })).toEqual(['/PatientId'])
  const agreed = { elements: { 'PID-3.5': { maxLength: 10 } } }
  expect(encode({}, agreed, kind).field('PID', 3)).toBe('p1^^^^ENTERPRISE')
})

test('a site can allow a longer element or handle it differently', () => {
  const elements = { 'PV1-10': { maxLength: 4 }, 'PV2-25': { onMisfit: 'leave-out' } } as const
  const { field, notCarried: told } = encode({ MedicalServiceId: 'CARD', AdmitPriorityId: 'URGENT' }, { elements })
  expect(field('PV1', 10)).toBe('CARD')
  expect(told).toEqual(['/Encounter/AdmitPriorityId'])
})

test('a field can be too long as a whole', () => {
  const Address = { Address1: 'a'.repeat(120), Address2: 'b'.repeat(120), City: 'c'.repeat(50) }
  const Insurances = [{ CompanyId: 'C', HealthPlanId: 'H', Address }]
  const pointers = ['Address1', 'Address2', 'City'].map((name) => `/Encounter/Insurances/0/Address/${name}`)
  expect(pointersOf({ Insurances })).toEqual(pointers)
  expect(encode({ Insurances }, { onMisfit: 'leave-out' })).toMatchObject({ notCarried: pointers })
  expect(encode({ Insurances }, { elements: { 'IN1-5': { maxLength: 400 } } }).notCarried).toEqual([])
})

test.each([
  ['ASCII', 'Müller', ['/Encounter/ReasonForVisit']],
  ['8859/1', 'Müller', []],
  ['8859/1', 'Łódź', ['/Encounter/ReasonForVisit']],
  ['UNICODE UTF-8', 'Łódź 💉', []],
  ['UNICODE UTF-8', 'half a pair \ud83d', ['/Encounter/ReasonForVisit']],
] as const)('%s: %s', (characterSet, ReasonForVisit, pointers) => {
  expect(pointersOf({ ReasonForVisit }, { characterSet })).toEqual(pointers)
})

test('sends the bytes of the character set', () => {
  const { bytes } = encode({ ReasonForVisit: 'Müller' }, { characterSet: '8859/1' })
  expect(bytes.includes(Buffer.from('M\u00fcller', 'latin1'))).toBe(true)
})

test('expresses the status by the event if it can', () => {
  const status = (EncounterStatusId: string, more: Create = {}) => encode({ EncounterStatusId, ...more })
  expect(status('in-progress')).toMatchObject({ event: 'A04', notCarried: [] })
  expect(status('planned')).toMatchObject({ event: 'A05', notCarried: [] })
  expect(status('AI').field('PV2', 24)).toBe('AI')
  expect(status('finished', { DischargeDateTime: '2026-03-01T11:30:00Z' }).notCarried).toEqual([])
})

test('an admission in a fortnight is a pre-admission without any sign that it has begun', () => {
  const { event, field } = encode({ EncounterDateTime: '2026-03-15T08:00:00Z', PatientClassId: 'IMP' })
  expect([event, field('MSH', 9)]).toEqual(['A05', 'ADT^A05^ADT_A05'])
  expect([field('EVN', 3), field('PV2', 8)]).toEqual(['20260315080000+0000', '20260315080000+0000'])
  expect([field('EVN', 6), field('PV1', 44), field('PV1', 45)]).toEqual(['', '', ''])
})

test('a planned encounter has the event of a plan, and one that has begun that of a beginning', () => {
  const to = encode({ EstimatedArrivalDateTime: '2026-04-01T08:00:00Z' })
  expect([to.event, to.field('EVN', 3), to.field('EVN', 6), to.field('PV2', 8)]).toEqual([
    'A05',
    '20260401080000+0000',
    '',
    '20260401080000+0000',
  ])
  const both = encode({ EncounterDateTime: '2026-04-02T08:00:00Z', EstimatedArrivalDateTime: '2026-04-01T08:00:00Z' })
  expect([both.event, both.field('EVN', 3), both.field('PV2', 8), both.notCarried]).toEqual([
    'A05',
    '20260402080000+0000',
    '20260401080000+0000',
    [],
  ])
  const come = { EncounterDateTime: '2026-03-01T08:00:00Z', EstimatedArrivalDateTime: '2026-03-01T08:30:00Z' }
  const has = encode(come)
  expect([has.event, has.field('EVN', 3), has.field('EVN', 6)]).toEqual(['A04', '', '20260301080000+0000'])
})

test('a future discharge is the expected one, whichever message it is in', () => {
  const later = '2026-03-09T12:00:00Z'
  const stay = encode({ EncounterDateTime: '2026-03-01T11:00:00Z', DischargeDateTime: later }, { discharge: 'A03' })
  expect([stay.field('PV1', 45), stay.field('PV2', 9)]).toEqual(['', '20260309120000+0000'])
  expect([stay.discharge, stay.notCarried]).toEqual([undefined, []])
  const both = encode({ DischargeDateTime: later, EstimatedDischargeDateTime: '2026-03-08T12:00:00Z' })
  expect([both.field('PV2', 9), both.notCarried]).toEqual(['20260308120000+0000', ['/Encounter/DischargeDateTime']])
})

test.each<[string[], Create]>([
  [['EncounterStatusId'], { EncounterStatusId: 'cancelled' }],
  [['EncounterStatusId'], { EncounterStatusId: 'Entered-in-Error', PatientClassId: 'I' }],
  [['EncounterStatusId'], { EncounterStatusId: 'CAN' }],
  [['EncounterStatusId', 'DischargeDateTime'], { EncounterStatusId: 'finished' }],
  [['EncounterStatusId', 'DischargeDateTime'], { EncounterStatusId: 'discharged', PatientClassId: 'I' }],
  [
    ['EncounterDateTime', 'DischargeDateTime'],
    { EncounterDateTime: '2026-03-01T10:00:00Z', DischargeDateTime: '2026-03-01T09:00:00Z' },
  ],
  [
    ['EncounterStatusId', 'EncounterDateTime'],
    { EncounterStatusId: 'in-progress', EncounterDateTime: '2026-03-15T10:00:00Z' },
  ],
])('refuses at %j what would be a false admission, also where misfits are left out', (names, encounter) => {
  const site: Partial<Site> = { onMisfit: 'leave-out', statusCodes: { CAN: 'cancelled' } }
  expect(pointersOf(encounter, site)).toEqual(names.map((name) => `/Encounter/${name}`))
})

test('a status that the event does not express is reported and never refused, unless its meaning is unknown', () => {
  const told = (EncounterStatusId: string) => encode({ EncounterStatusId, PatientClassId: 'I' }).notCarried
  expect(['arrived', 'in-progress', 'active', 'triaged'].map(told)).toEqual([[], [], [], []])
  expect(['onleave', 'unknown'].map(told)).toEqual([['/Encounter/EncounterStatusId'], ['/Encounter/EncounterStatusId']])
  expect(encode({ EncounterStatusId: 'arrived', PatientClassId: 'P' })).toMatchObject({ event: 'A04', notCarried: [] })
  expect(pointersOf({ EncounterStatusId: 'LOCAL' })).toEqual(['/Encounter/EncounterStatusId'])
})

test("a subscriber's name is split into family and given name by the comma, or as configured", () => {
  const named = (Subscriber: string, options: Partial<Site> = {}) => {
    const { field, notCarried: told } = encode(
      { Insurances: [{ CompanyId: 'C', HealthPlanId: 'H', Subscriber }] },
      options,
    )
    return [field('IN1', 16), ...told]
  }
  expect(named('Smith, John A')).toEqual(['Smith^John A'])
  expect(named('John A Smith')).toEqual(['John A Smith'])
  expect(named('John A Smith', { subscriberName: 'given-first' })).toEqual(['Smith^John A'])
  const long = `Smith, ${'J'.repeat(31)}`
  const pointer = '/Encounter/Insurances/0/Subscriber'
  expect(named(long, { onMisfit: 'leave-out' })).toEqual(['Smith', pointer])
  expect(named(long, { onMisfit: 'cut' })).toEqual([`Smith^${'J'.repeat(30)}`, pointer])
  expect(pointersOf({ Insurances: [{ CompanyId: 'C', HealthPlanId: 'H', Subscriber: long }] })).toEqual([pointer])
  const whole = { fields: { '/Encounter/Insurances/*/Subscriber': 'IN1-16.2' } }
  expect(named('Smith, John A', whole)).toEqual(['^Smith, John A'])
})

test('each person is in PV1 once: if a field of people repeats, a second number would be another clinician', () => {
  const ProvidersType = [
    { ProviderId: '2', ProviderType: 'CON', NPI: '1234567893' },
    { ProviderType: 'CON', NPI: '1987654321' },
    { ProviderId: '9', ProviderType: 'SCRUB', NPI: '1111111112' },
    { ProviderId: '4', ProviderType: 'ADM', NPI: '1222222223' },
    { ProviderId: '5', ProviderType: 'ADM' },
  ]
  const { field, notCarried: told } = encode({ AttendingProviderId: '7', ProvidersType }, { providers: 'PV1' })
  expect([9, 17, 52].map((at) => field('PV1', at))).toEqual([
    '2~1987654321^^^^^^^^NPI^^^^NPI',
    '4~1222222223^^^^^^^^NPI^^^^NPI',
    '9~5',
  ])
  expect(told).toEqual([
    '/Encounter/ProvidersType/0/NPI',
    '/Encounter/ProvidersType/2/ProviderType',
    '/Encounter/ProvidersType/2/NPI',
    '/Encounter/ProvidersType/4/ProviderType',
  ])
})

test('a code of ICD-10-CM has its dot, and one of another system stays as it is', () => {
  const diagnosis = (emrSystem: string) => {
    const encounter = { UserId: 'u', PatientId: 'p', Encounter: { PatientClassId: 'O', ICD10DXCodeIds: ['K3580'] } }
    const { bytes } = encodeEncounter({ correlationKey, encounter }, siteOf({ emrSystem }), now)
    return /^DG1.*$/m.exec(bytes.toString())?.[0].split('|')[3]
  }
  expect(['Meditech', 'Epic', 'Any'].map(diagnosis)).toEqual(['K35.80^^I10C', 'K35.80^^I10C', 'K3580^^I10'])
})

test('an identifier has its assigning authority and type, as configured', () => {
  const identifiers: Partial<Site['identifiers']> = {
    'PV1-19': { authority: 'MAIN^1.2.3^ISO' },
    'PV1-50': { authority: 'GW', type: 'XX' },
    'PID-18': { type: '' },
    'GT1-2': { authority: 'MAIN', type: 'PI' },
    'IN1-49': { authority: 'PAYER', type: 'MB' },
  }
  const Insurances = ['1', '2'].map((SubscriberId) => ({ CompanyId: 'C', HealthPlanId: 'H', SubscriberId }))
  const request = { EncounterAlias: 'V1', FinancialNumber: 'F1', GuarantorId: 'G1', Insurances }
  const { field, named } = encode(request, { identifiers })
  expect([field('PV1', 19), field('PV1', 50)]).toEqual(['V1^^^MAIN&1.2.3&ISO^VN', `${correlationKey}^^^GW^XX`])
  expect([field('PID', 18), field('GT1', 2)]).toEqual(['F1', 'G1^^^MAIN^PI'])
  expect(named('IN1').map((segment) => segment.split('|')[49])).toEqual(['1^^^PAYER^MB', '2^^^PAYER^MB'])
  const standard = encode(request)
  expect([standard.field('PV1', 19), standard.field('PV1', 50), standard.field('PID', 18)]).toEqual([
    'V1^^^^VN',
    correlationKey,
    'F1^^^^AN',
  ])
})

test('the urgency goes to the element that the site reads', () => {
  const priority = (emrSystem: string) => {
    const encounter = { UserId: 'u', PatientId: 'p', Encounter: { PatientClassId: 'O', AdmitPriorityId: 'U' } }
    const { bytes } = encodeEncounter({ correlationKey, encounter }, siteOf({ emrSystem }), now)
    const fieldOf = (name: string, at: number) =>
      new RegExp(`^${name}.*$`, 'm').exec(bytes.toString())?.[0].split('|')[at] ?? ''
    return [fieldOf('PV1', 4), fieldOf('PV2', 25)]
  }
  expect(['Meditech', 'Epic', 'Any'].map(priority)).toEqual([
    ['U', ''],
    ['U', ''],
    ['', 'U'],
  ])
})

test('providers go to the PV1 field of their role, or to ROL, or both', () => {
  const ProvidersType = [
    { ProviderId: '1', ProviderType: 'ADM', NPI: '1234567893' },
    { ProviderId: '2', ProviderType: 'con' },
    { ProviderId: '3', ProviderType: 'CP', LicenseNumber: 'L3', Email: 'c@x.org', Phones: [{ Number: '555' }] },
    { ProviderId: '7', ProviderType: 'ATND' },
    { ProviderId: '9', ProviderType: 'SCRUB' },
  ]
  const request = { AttendingProviderId: '7', ProvidersType }
  const inPv1 = encode(request, { providers: 'PV1' })
  expect([7, 8, 9, 17, 52].map((at) => inPv1.field('PV1', at))).toEqual([
    '7',
    '',
    '2~3',
    '1~1234567893^^^^^^^^NPI^^^^NPI',
    '9',
  ])
  expect(inPv1.named('ROL')).toEqual([])
  expect(inPv1.notCarried).toEqual([
    '/Encounter/ProvidersType/2/LicenseNumber',
    '/Encounter/ProvidersType/2/Email',
    '/Encounter/ProvidersType/2/Phones/0/Number',
    '/Encounter/ProvidersType/4/ProviderType',
  ])
  const inRol = encode(request, { providers: 'ROL' })
  expect([9, 17, 52].map((at) => inRol.field('PV1', at))).toEqual(['', '', ''])
  expect(inRol.named('ROL')[0]).toBe('ROL||AD|ADM|1~1234567893^^^^^^^^NPI^^^^NPI')
  expect(inRol.named('ROL')[2]).toBe('ROL||AD|CP|3~L3^^^^^^^^^^^^LN||||||||555~^NET^Internet^c@x.org')
  expect(inRol.notCarried).toEqual([])
  expect(encode(request).field('PV1', 52)).toBe('9')
})

test('a field can go to another element, a Z segment too, or nowhere', () => {
  const fields = {
    '/Encounter/VisitorStatusId': 'ZPV-3',
    '/Encounter/FormType': 'ZPV-2',
    '/Encounter/CustomFields/*/FieldId': 'ZCF-2',
    '/Encounter/CustomFields/*/ResponseValue': 'ZCF-3.2',
    '/Encounter/Insurances/*/CustomFields/*/FieldId': 'ZIN-3',
    '/Encounter/Insurances/*/CustomFields/*/ResponseValue': 'ZIN-4',
    '/Encounter/ReasonForVisit': 'PV2-12',
    '/Encounter/AdmitPriorityId': 'PV1-4',
    '/Encounter/EncounterTypeId': null,
  }
  const CustomFields = [
    { FieldId: 'A', ResponseValue: '1|2' },
    { FieldId: 'B', ResponseValue: '3' },
  ]
  const insurance = { HealthPlanId: 'H', CompanyId: 'C' }
  const request = {
    VisitorStatusId: 'V',
    FormType: 'F',
    CustomFields,
    ReasonForVisit: 'pain',
    AdmitPriorityId: 'U',
    EncounterTypeId: 'T',
    Insurances: [insurance, { ...insurance, CustomFields }],
  }
  const { segments, field, notCarried: told } = encode(request, { fields })
  expect(segments.slice(-7)).toEqual([
    'IN1|1|H|C',
    'IN1|2|H|C',
    'ZCF|1|A|^1\\F\\2',
    'ZCF|2|B|^3',
    'ZIN|1|2|A|1\\F\\2',
    'ZIN|2|2|B|3',
    'ZPV|1|F|V',
  ])
  expect([field('PV2', 3), field('PV2', 12), field('PV1', 4)]).toEqual(['', 'pain', 'U'])
  expect(told).toEqual(['/Encounter/EncounterTypeId'])
})

test.each([
  [{ '/Encounter/FormType': 'IN1-5' }],
  [{ '/Encounter/Insurances/*/GroupName': 'PV1-20' }],
  [{ '/Encounter/FormType': 'PV2-99' }],
  [{ '/Encounter/Insurances/*/CustomFields/*/FieldId': 'ZIN-2' }],
  [{ '/Encounter/ProvidersType/*/Phones/*/FormatId': 'ZPR-3' }],
])('fields that cannot stand there stop the worker at the start: %j', (fields) => {
  expect(() => siteOf({ emrSystem: 'Any', fields })).toThrow(RangeError)
})

test('a time zone that does not exist stops the worker at the start', () => {
  expect(() => siteOf({ emrSystem: 'Any', timeZone: 'Mars/Olympus' })).toThrow(RangeError)
})

test('two fields for one element: the second one is reported as not carried', () => {
  const fields = { '/Encounter/FormType': 'PV2-12', '/Encounter/VisitorStatusId': 'PV2-12' }
  const { field, notCarried: told } = encode({ FormType: 'F', VisitorStatusId: 'V' }, { fields })
  expect([field('PV2', 12), told]).toEqual(['F', ['/Encounter/VisitorStatusId']])
})

test("the patient's relationship to the subscriber is inverted, if the inverse is certain", () => {
  const insured = (more: object) => encode({ Insurances: [{ CompanyId: 'C', HealthPlanId: 'H', ...more }] })
  expect(insured({ PatientRelationshipToSubscriber: 'CHD' })).toMatchObject({ notCarried: [] })
  expect(insured({ PatientRelationshipToSubscriber: 'CHD' }).field('IN1', 17)).toBe('PAR')
  const both = { PatientRelationshipToSubscriber: 'CHD', SubscriberRelationshipToPatientId: 'MTH' }
  expect([insured(both).field('IN1', 17), insured(both).notCarried]).toEqual(['MTH', []])
  const odd = { PatientRelationshipToSubscriber: 'SPO', SubscriberRelationshipToPatientId: 'MTH' }
  const pointer = '/Encounter/Insurances/0/PatientRelationshipToSubscriber'
  expect(insured(odd).notCarried).toEqual([pointer])
  expect(insured({ PatientRelationshipToSubscriber: 'LOCAL' }).notCarried).toEqual([pointer])
})

test('an address has its third line after the second, and a telephone number its contact beside it', () => {
  const Address = { Address1: '1 Main', Address2: 'Apt 2', Address3: 'Rear', City: 'Utica', County: 'Oneida' }
  const Phones = [
    { Number: '555-1' },
    { Number: '555-2', TypeId: 'WPN', Extension: '12', Contact: 'Ann', FormatId: 'D' },
  ]
  const { field, notCarried: told } = encode({ Insurances: [{ CompanyId: 'C', HealthPlanId: 'H', Address, Phones }] })
  expect(field('IN1', 5)).toBe('1 Main^Apt 2, Rear^Utica^^^^^^Oneida')
  expect([field('IN1', 6), field('IN1', 7)]).toEqual(['~Ann', '555-1~555-2^WPN^^^^^^12'])
  expect(told).toEqual(['/Encounter/Insurances/0/Phones/1/FormatId'])
})

test('diagnoses have their rank, system and type, a guarantor the name that the standard requires', () => {
  const { named } = encode({ ICD10DXCodeIds: ['J18.9', 'I10'], GuarantorId: 'G1', GuarantorTypeId: 'P' })
  expect(named('DG1')).toEqual(['DG1|1||J18.9^^I10|||A|||||||||1', 'DG1|2||I10^^I10|||A|||||||||2'])
  expect(named('GT1')).toEqual(['GT1|1|G1|^^^^^^U|||||||P'])
})

test('refuses more diagnoses than a set id can count, and accepts exactly that many', () => {
  const many = (count: number) => encode({ ICD10DXCodeIds: Array.from({ length: count }, () => 'A') })
  expect(many(9_999).named('DG1')).toHaveLength(9_999)
  expect(pointersOf({ ICD10DXCodeIds: Array.from({ length: 10_000 }, () => 'A') })).toEqual([
    '/Encounter/ICD10DXCodeIds',
  ])
})

test('profiles differ from the standard in what is known about the vendors', () => {
  const request = { EncounterTypeId: 'T', ProvidersType: [{ ProviderId: '1', ProviderType: 'ADM' }] }
  const of = (emrSystem: string) => {
    const site = siteOf({ emrSystem })
    const encounter = { UserId: 'u', PatientId: 'p', Encounter: { PatientClassId: 'O', ...request } }
    return encodeEncounter({ correlationKey, encounter }, site, now).bytes.toString()
  }
  expect(of('Meditech')).not.toContain('ROL|')
  expect(of('Epic')).toContain('ROL|')
  expect([of('Meditech'), of('Epic'), of('Cerner')].map((text) => text.split('|T|').length)).toEqual([2, 2, 2])
})
