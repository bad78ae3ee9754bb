import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { EmrError } from '@encounter-gateway/worker/emr/emr-error.ts'
import { readAcknowledgement } from '@encounter-gateway/worker/emr/hl7v2/acknowledgement.ts'
import { encodeEncounter } from '@encounter-gateway/worker/emr/hl7v2/encounter.ts'
import { fieldPlaces } from '@encounter-gateway/worker/emr/hl7v2/fields.ts'
import { frame, FrameReader } from '@encounter-gateway/worker/emr/hl7v2/mllp-frame.ts'
import type { Site } from '@encounter-gateway/worker/emr/hl7v2/options.ts'
import { siteOf } from '@encounter-gateway/worker/emr/hl7v2/site.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { holds } from './hl7v2-holds.ts'
import { parseMessage } from './hl7v2-parser.ts'
import { differing } from './leaf-values.ts'

/** Texts that would mean something else in a message if nothing were escaped, and any other. */
const hostile = fc.oneof(
  fc.constantFrom('""', '\rPV1|1|E', '\x1c\r\x0bMSH|^~\\&|', '\\F\\', '\\X0D\\', 'a&b', '~', '^^', '|', '\r\n', ' a '),
  fc
    .array(
      fc.constantFrom(
        '|',
        '^',
        '~',
        '\\',
        '&',
        '\r',
        '\n',
        '\x0b',
        '\x1c',
        '\0',
        '\x85',
        '\u2028',
        '"',
        'X0D',
        'é',
        '💉',
      ),
      {
        minLength: 1,
        maxLength: 12,
      },
    )
    .map((parts) => parts.join('')),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
)
/** An end must not lie before its beginning. */
const earliest = fc.constant('2025-12-12T20:56:11.0053317+00:00')
const time = fc.constantFrom('2025-12-12T20:56:11.0053317+00:00', '2026-01-31T23:59:59Z', '2026-02-01T00:00:00.5-11:00')
const record = <Name extends string>(names: Name[]) =>
  fc.record(Object.fromEntries<typeof hostile>(names.map((name) => [name, hostile]))) as fc.Arbitrary<
    Record<Name, string>
  >
const address = record(['Address1', 'Address2', 'Address3', 'City', 'State', 'ZIP', 'TypeId', 'County', 'Country'])
const phones = fc.array(record(['Number', 'TypeId', 'Contact']), { maxLength: 2 })
const customFields = fc.array(record(['FieldId', 'ResponseValue']), { maxLength: 2 })

const insurance = fc.record({
  CompanyId: hostile,
  HealthPlanId: hostile,
  CompanyName: hostile,
  GroupName: hostile,
  GroupNumber: hostile,
  EligibilityStatusId: hostile,
  EligibilityStatusDate: time,
  SubscriberId: hostile,
  Subscriber: hostile,
  PolicyNumber: hostile,
  SubscriberRelationshipToPatientId: hostile,
  Address: address,
  Phones: phones,
  CustomFields: customFields,
})
const provider = fc.record({
  ProviderId: hostile,
  ProviderType: hostile,
  Address: address,
  Email: hostile,
  NPI: hostile,
  LicenseNumber: hostile,
  Phones: phones,
  InternalSequence: hostile,
})
const request: fc.Arbitrary<PatientEncounter> = fc.record({
  UserId: hostile,
  PatientId: hostile,
  PatientIdType: hostile,
  Encounter: fc.record({
    EncounterDateTime: earliest,
    AttendingProviderId: hostile,
    DischargeDateTime: time,
    EncounterStatusId: hostile,
    EncounterTypeId: hostile,
    Location: record(['BedId', 'UnitId', 'HospitalId', 'RoomId']),
    MedicalServiceId: hostile,
    ReasonForVisit: hostile,
    PatientClassId: hostile,
    AdmitPriorityId: hostile,
    AdmitSourceId: hostile,
    EncounterAlias: hostile,
    GuarantorId: hostile,
    GuarantorTypeId: hostile,
    GuarantorRelationshipToPatientId: hostile,
    Insurances: fc.array(insurance, { minLength: 1, maxLength: 2 }),
    FinancialNumber: hostile,
    ProvidersType: fc.array(provider, { minLength: 1, maxLength: 2 }),
    ICD10DXCodeIds: fc.array(hostile, { minLength: 1, maxLength: 3 }),
    CustomFields: customFields,
    FormType: hostile,
    ReferClientId: hostile,
    EstimatedArrivalDateTime: earliest,
    EstimatedDischargeDateTime: time,
    VisitorStatusId: hostile,
    TreatmentPhaseId: hostile,
    PatientValuablesIds: hostile,
    ContributorSystemId: hostile,
  }),
})

/** A site that accepts texts of any length, and has a Z segment for fields without an element. */
const fields = {
  '/Encounter/FormType': 'ZEG-2',
  '/Encounter/VisitorStatusId': 'ZEG-3',
  '/Encounter/TreatmentPhaseId': 'ZEG-4',
  '/Encounter/CustomFields/*/FieldId': 'ZCF-2',
  '/Encounter/CustomFields/*/ResponseValue': 'ZCF-3',
  '/Encounter/Insurances/*/CustomFields/*/FieldId': 'ZIN-3',
  '/Encounter/Insurances/*/CustomFields/*/ResponseValue': 'ZIN-4',
}
const places = ['PV1-7.1', 'PV1-52.1', ...Object.values(fieldPlaces).map(({ at }) => at)]
const elements = Object.fromEntries(places.flatMap((at) => (at ? [[at, { maxLength: 1_000 }]] : [])))
const at = (characterSet: Site['characterSet']) => siteOf({ emrSystem: 'Any', characterSet, fields, elements })
const encode = (encounter: PatientEncounter, site: Site) =>
  encodeEncounter({ correlationKey: 'k2345678901234567890', encounter }, site, new Date('2026-03-01T12:00:00Z'))

test('any value is read back unchanged, in its own element, and makes no segment and no frame', () => {
  fc.assert(
    fc.property(request, (encounter) => {
      const { bytes, notCarried } = encode(encounter, at('UNICODE UTF-8'))
      const message = parseMessage(bytes)
      const names = message.segments.map(({ name }) => name).join(' ')
      const { Insurances = [], ProvidersType = [], ICD10DXCodeIds = [], CustomFields = [] } = encounter.Encounter
      const times = (name: string, count: number) => ` ${name}`.repeat(count)
      const nested = Insurances.flatMap((each) => each.CustomFields ?? []).length
      expect(names).toBe(
        `MSH EVN PID PV1 PV2${times('ROL', ProvidersType.length)}${times('DG1', ICD10DXCodeIds.length)} GT1` +
          `${times('IN1', Insurances.length)}${times('ZCF', CustomFields.length)} ZEG${times('ZIN', nested)}`,
      )
      expect(differing(encounter, (pointer, value) => holds(message, pointer, value))).toEqual(notCarried)
      expect(notCarried).toEqual([])
      expect(Array.from(new FrameReader(1e6).read(frame(bytes)), String)).toEqual([String(bytes)])
      expect(bytes.toString('latin1')).not.toMatch(/[^\P{Cc}\r\x80-\x9f]/u)
    }),
    { numRuns: 300 },
  )
})

/** The content of a message with a hostile text, or `undefined` if the text is refused. */
function readBack(ReasonForVisit: string, site: Site): string | undefined {
  try {
    const encounter = { UserId: 'u', PatientId: 'p', Encounter: { PatientClassId: 'O', ReasonForVisit } }
    return parseMessage(encode(encounter, site).bytes).value('PV2-3.2')
  } catch (error) {
    if (error instanceof EmrError) return undefined
    throw error
  }
}

test.each([
  ['ASCII', 0x7f],
  ['8859/1', 0xff],
] as const)('in %s texts that fit are read back, and others are refused', (characterSet, highest) => {
  const site = at(characterSet)
  fc.assert(
    fc.property(hostile, (text) => {
      const fits = Array.from(text).every((each) => (each.codePointAt(0) ?? 0) <= highest)
      expect(readBack(text, site)).toBe(fits ? text : undefined)
    }),
    { numRuns: 500 },
  )
})

test('no bytes make the reader of acknowledgements fail, and it finds nothing without an MSA', () => {
  const parts = ['MSH|^~\\&', '|', '^', '~', '&', '\r', 'MSA|AE|k1', 'ERR|', '||PV1^1^2', '103', '205', 'W']
  const likely = fc.array(fc.constantFrom(...parts)).map((chosen) => Buffer.from(chosen.join('')))
  const any = fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each))
  fc.assert(
    fc.property(fc.oneof(any, likely), (answer) => {
      const found = readAcknowledgement(answer) !== undefined
      expect(found && !answer.includes('MSA')).toBe(false)
    }),
    { numRuns: 1_000 },
  )
})

test('frames are found however their bytes are split', () => {
  const message = fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\x0b', '.').replaceAll('\x1c', '.'))
  fc.assert(
    fc.property(fc.array(message), fc.array(fc.nat({ max: 60 })), (messages, cuts) => {
      const bytes = Buffer.concat(messages.map((each) => frame(Buffer.from(each))))
      const reader = new FrameReader(1_000)
      const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
      const read = edges.flatMap((from, index) =>
        Array.from(reader.read(bytes.subarray(from, edges[index + 1] ?? from)), String),
      )
      expect(read).toEqual(messages)
    }),
  )
})
