import type { Carried, FieldPath } from '../carried/not-carried.ts'

/** Where a field of the encounter stands in a message. */
export type FieldPlace = {
  /** The element; `undefined` if no element of the standard means the same. */
  at?: string
  /** More elements for the same value, less precise or for other readers; no loss if one of them does not fit. */
  also?: readonly string[]
  /** For a person: what decides its place, or why it is not carried. */
  note?: string
}

const address = (at: string) => ({
  Address1: { at: `${at}.1.1` },
  Address2: { at: `${at}.2` },
  Address3: { at: `${at}.2`, note: 'after Address2 and a comma' },
  City: { at: `${at}.3` },
  State: { at: `${at}.4` },
  ZIP: { at: `${at}.5` },
  TypeId: { at: `${at}.7` },
  County: { at: `${at}.9` },
  Country: { at: `${at}.6` },
})

const phone = (at: string, contact: string) => ({
  Number: { at: `${at}.1` },
  TypeId: { at: `${at}.2` },
  Extension: { at: `${at}.8`, note: 'digits only' },
  FormatId: { note: 'XTN has no place for it' },
  Contact: { at: contact },
})

function below<Path extends string, Name extends string>(path: Path, places: Record<Name, FieldPlace>) {
  const entries = Object.entries<FieldPlace>(places).map(([name, place]) => [`${path}/${name}`, place])
  return Object.fromEntries(entries) as Record<`${Path}/${Name}`, FieldPlace>
}

const IN1 = '/Encounter/Insurances/*' as const
const ROL = '/Encounter/ProvidersType/*' as const

/**
 * Every field of an encounter and its element; the mapping follows it and the documentation lists it. Items of an array
 * are segments of their own (IN1, ROL, DG1) or repetitions of a field. `fields` of a profile or a connection changes
 * it.
 */
export const fieldPlaces: Readonly<Record<FieldPath, FieldPlace>> = {
  '/UserId': { at: 'EVN-5.1' },
  '/PatientId': { at: 'PID-3.1' },
  '/PatientIdType': { at: 'PID-3.5' },
  ...below('/Encounter', {
    EncounterDateTime: { at: 'PV1-44', also: ['EVN-6'], note: 'EVN-3, and PV2-8 without an expected arrival, in A05' },
    AttendingProviderId: { at: 'PV1-7.1' },
    DischargeDateTime: { at: 'PV1-45', note: 'or an A03 after it, by `discharge`; PV2-9 where it is to come' },
    EncounterStatusId: { at: 'PV2-24', note: 'unless the event says it, or R4 has the word' },
    EncounterTypeId: { at: 'PV1-4', note: 'PV1-18 in the profiles of MEDITECH and Epic' },
    'Location/BedId': { at: 'PV1-3.3' },
    'Location/UnitId': { at: 'PV1-3.1' },
    'Location/HospitalId': { at: 'PV1-3.4' },
    'Location/RoomId': { at: 'PV1-3.2' },
    MedicalServiceId: { at: 'PV1-10' },
    ReasonForVisit: { at: 'PV2-3.2' },
    PatientClassId: { at: 'PV1-2', note: 'through `patientClasses`' },
    AdmitPriorityId: { at: 'PV2-25' },
    AdmitSourceId: { at: 'PV1-14' },
    EncounterAlias: { at: 'PV1-19.1', note: 'unless `visitNumber` is `key`' },
    GuarantorId: { at: 'GT1-2.1' },
    GuarantorTypeId: { at: 'GT1-10' },
    GuarantorRelationshipToPatientId: { at: 'GT1-11.1' },
    FinancialNumber: { at: 'PID-18.1' },
    'ICD10DXCodeIds/*': { at: 'DG1-3.1' },
    'CustomFields/*/FieldId': { note: 'no element; a Z segment through `fields`' },
    'CustomFields/*/ResponseValue': { note: 'no element; a Z segment through `fields`' },
    FormType: { note: 'no element; a Z segment through `fields`' },
    ReferClientId: { at: 'PV2-23.10' },
    EstimatedArrivalDateTime: { at: 'PV2-8', note: 'and EVN-3 in A05 without EncounterDateTime' },
    EstimatedLengthOfStay: { at: 'PV2-10', note: 'whole days' },
    EstimatedDischargeDateTime: { at: 'PV2-9' },
    VisitorStatusId: { note: 'no element; a Z segment through `fields`' },
    TreatmentPhaseId: { note: 'no element; a Z segment through `fields`' },
    PatientValuablesIds: { at: 'PV2-5' },
    ContributorSystemId: { at: 'MSH-3.1', note: 'unless `sendingApplication` is set' },
  }),
  ...below(IN1, {
    CompanyId: { at: 'IN1-3.1' },
    CompanyName: { at: 'IN1-4.1' },
    HealthPlanId: { at: 'IN1-2.1' },
    GroupName: { at: 'IN1-9.1' },
    GroupNumber: { at: 'IN1-8' },
    EligibilityStatusId: { at: 'IN1-45' },
    EligibilityStatusDate: { at: 'IN1-29', also: ['IN1-26'], note: 'IN1-26 is the day alone' },
    SubscriberId: { at: 'IN1-49.1' },
    Subscriber: { at: 'IN1-16.1.1', note: 'family name; IN1-16.2 given name; by the comma, or `subscriberName`' },
    PolicyNumber: { at: 'IN1-36' },
    PatientRelationshipToSubscriber: { at: 'IN1-17.1', note: 'its inverse in HL7 table 0063, where that is certain' },
    SubscriberRelationshipToPatientId: { at: 'IN1-17.1' },
    'CustomFields/*/FieldId': { note: 'no element; a Z segment through `fields`' },
    'CustomFields/*/ResponseValue': { note: 'no element; a Z segment through `fields`' },
  }),
  ...below(`${IN1}/Address`, address('IN1-5')),
  ...below(`${IN1}/Phones/*`, phone('IN1-7', 'IN1-6.1.1')),
  ...below(ROL, {
    ProviderId: { at: 'ROL-4.1', note: 'and PV1-7, -8, -9, -17 or -52, by `providers` and `providerRoles`' },
    ProviderType: { at: 'ROL-3.1', note: 'or as the PV1 field that stands for it' },
    Email: { at: 'ROL-12.4', note: 'a repetition of its own' },
    NPI: { at: 'ROL-4.1', note: 'a repetition of type NPI; in PV1 too, where there are no ROL' },
    LicenseNumber: { at: 'ROL-4.1', note: 'a repetition of type `licenseType`' },
    InternalSequence: { at: 'ROL-1.1' },
  }),
  ...below(`${ROL}/Address`, address('ROL-11')),
  ...below(`${ROL}/Phones/*`, phone('ROL-12', 'ROL-12.9')),
}

/** The element of each field that the standard profile carries; the rest is reported in `NotCarried`. */
export const carried: Carried = Object.fromEntries(
  Object.entries<FieldPlace>(fieldPlaces).flatMap(([path, { at, also = [], note }]) => {
    if (!at) return []
    const elements = [at, ...also].join(', ')
    return [[path, note ? `${elements} (${note})` : elements]]
  }),
)

/** Why each of the other fields is not carried. */
export const notCarried: Carried = Object.fromEntries(
  Object.entries<FieldPlace>(fieldPlaces).flatMap(([path, { at, note = '' }]) => (at ? [] : [[path, note]])),
)

/** Fields that are words for people: `onMisfit: cut` may shorten these. A code or a number cut short is another one. */
export const freeTexts: ReadonlySet<string> = new Set([
  '/Encounter/ReasonForVisit',
  ...['CompanyName', 'GroupName', 'Subscriber', 'Phones/*/Contact'].map((name) => `${IN1}/${name}`),
  ...[`${IN1}/Address`, `${ROL}/Address`].flatMap((path) =>
    ['Address1', 'Address2', 'Address3', 'City'].map((name) => `${path}/${name}`),
  ),
  `${ROL}/Phones/*/Contact`,
])
