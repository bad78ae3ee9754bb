import type { FieldPath } from '../carried/not-carried.ts'

type Target = string
type Rows = Partial<Record<FieldPath, Target>>

/** Our own extension of an element, for what R4 has no element for. */
const ours = (element: string, name: string): Target => `${element}.extension('${name}')`

const address = <const Path extends '/Encounter/Insurances/*/Address' | '/Encounter/ProvidersType/*/Address'>(
  path: Path,
  to: string,
) =>
  ({
    [`${path}/Address1`]: `${to}.line`,
    [`${path}/Address2`]: `${to}.line`,
    [`${path}/Address3`]: `${to}.line`,
    [`${path}/City`]: `${to}.city`,
    [`${path}/State`]: `${to}.state`,
    [`${path}/ZIP`]: `${to}.postalCode`,
    [`${path}/TypeId`]: `${to}.use`,
    [`${path}/County`]: `${to}.district`,
    [`${path}/Country`]: `${to}.country`,
  }) satisfies Rows as Record<
    `${Path}/${'Address1' | 'Address2' | 'Address3' | 'City' | 'State' | 'ZIP' | 'TypeId' | 'County' | 'Country'}`,
    Target
  >

const phones = <const Path extends '/Encounter/Insurances/*/Phones' | '/Encounter/ProvidersType/*/Phones'>(
  path: Path,
  to: string,
) =>
  ({
    [`${path}/*/Number`]: `${to}.value`,
    [`${path}/*/TypeId`]: `${to}.use`,
    [`${path}/*/Extension`]: `${to}.extension('contactpoint-extension')`,
    [`${path}/*/FormatId`]: ours(to, 'PhoneFormatId'),
    [`${path}/*/Contact`]: ours(to, 'PhoneContact'),
  }) satisfies Rows as Record<`${Path}/*/${'Number' | 'TypeId' | 'Extension' | 'FormatId' | 'Contact'}`, Target>

const payor = 'Coverage.payor.resolve()'
const provider = 'Encounter.participant.individual.resolve()'
const place = 'Encounter.location.location.resolve()'

/**
 * Where each field goes, as FHIRPath that begins with the resource it is sent in: all of them, if the server accepts a
 * transaction of Encounter, Account, Coverage and Condition. What `resolve()` leads to is contained there, or a
 * resource of its own.
 */
export const carried: Readonly<Record<FieldPath, Target>> = {
  '/UserId': ours('Encounter', 'UserId'),
  '/PatientId': 'Encounter.subject',
  '/PatientIdType': 'Encounter.subject',
  '/Encounter/EncounterDateTime': 'Encounter.period.start',
  '/Encounter/AttendingProviderId': `${provider}.identifier`,
  '/Encounter/DischargeDateTime': 'Encounter.period.end',
  '/Encounter/EncounterStatusId': 'Encounter.status',
  '/Encounter/EncounterTypeId': 'Encounter.type',
  '/Encounter/Location/BedId': `${place}.identifier`,
  '/Encounter/Location/RoomId': `${place}.partOf.resolve().identifier`,
  '/Encounter/Location/UnitId': `${place}.partOf.resolve().partOf.resolve().identifier`,
  '/Encounter/Location/HospitalId': `${place}.partOf.resolve().partOf.resolve().partOf.resolve().identifier`,
  '/Encounter/MedicalServiceId': 'Encounter.serviceType',
  '/Encounter/ReasonForVisit': 'Encounter.reasonCode.text',
  '/Encounter/PatientClassId': 'Encounter.class',
  '/Encounter/AdmitPriorityId': 'Encounter.priority',
  '/Encounter/AdmitSourceId': 'Encounter.hospitalization.admitSource',
  '/Encounter/EncounterAlias': 'Encounter.identifier',
  '/Encounter/GuarantorId': 'Account.guarantor.party.resolve().identifier',
  '/Encounter/GuarantorTypeId': ours('Account.guarantor', 'GuarantorTypeId'),
  '/Encounter/GuarantorRelationshipToPatientId': 'Account.guarantor.party.resolve().relationship',
  '/Encounter/Insurances/*/CompanyId': `${payor}.identifier`,
  '/Encounter/Insurances/*/CompanyName': `${payor}.name`,
  '/Encounter/Insurances/*/HealthPlanId': 'Coverage.class.value',
  '/Encounter/Insurances/*/GroupName': 'Coverage.class.name',
  '/Encounter/Insurances/*/GroupNumber': 'Coverage.class.value',
  '/Encounter/Insurances/*/EligibilityStatusId': ours('Coverage', 'EligibilityStatusId'),
  '/Encounter/Insurances/*/EligibilityStatusDate': ours('Coverage', 'EligibilityStatusDate'),
  '/Encounter/Insurances/*/SubscriberId': 'Coverage.subscriberId',
  '/Encounter/Insurances/*/Subscriber': 'Coverage.subscriber.resolve().name',
  '/Encounter/Insurances/*/PolicyNumber': 'Coverage.identifier',
  '/Encounter/Insurances/*/PatientRelationshipToSubscriber': 'Coverage.relationship',
  '/Encounter/Insurances/*/SubscriberRelationshipToPatientId': 'Coverage.subscriber.resolve().relationship',
  ...address('/Encounter/Insurances/*/Address', `${payor}.address`),
  ...phones('/Encounter/Insurances/*/Phones', `${payor}.telecom`),
  '/Encounter/Insurances/*/CustomFields/*/FieldId': ours('Coverage', 'CustomField'),
  '/Encounter/Insurances/*/CustomFields/*/ResponseValue': ours('Coverage', 'CustomField'),
  '/Encounter/FinancialNumber': 'Account.identifier',
  '/Encounter/ProvidersType/*/ProviderId': `${provider}.identifier`,
  '/Encounter/ProvidersType/*/ProviderType': 'Encounter.participant.type',
  ...address('/Encounter/ProvidersType/*/Address', `${provider}.address`),
  '/Encounter/ProvidersType/*/Email': `${provider}.telecom`,
  '/Encounter/ProvidersType/*/NPI': `${provider}.identifier`,
  '/Encounter/ProvidersType/*/LicenseNumber': `${provider}.identifier`,
  ...phones('/Encounter/ProvidersType/*/Phones', `${provider}.telecom`),
  '/Encounter/ProvidersType/*/InternalSequence': ours('Encounter.participant', 'InternalSequence'),
  '/Encounter/ICD10DXCodeIds/*': 'Condition.code',
  '/Encounter/CustomFields/*/FieldId': ours('Encounter', 'CustomField'),
  '/Encounter/CustomFields/*/ResponseValue': ours('Encounter', 'CustomField'),
  '/Encounter/FormType': ours('Encounter', 'FormType'),
  '/Encounter/ReferClientId': ours('Encounter', 'ReferClientId'),
  '/Encounter/EstimatedArrivalDateTime': "Encounter.extension('extension-Encounter.plannedStartDate')",
  '/Encounter/EstimatedLengthOfStay': ours('Encounter', 'EstimatedLengthOfStay'),
  '/Encounter/EstimatedDischargeDateTime': "Encounter.extension('extension-Encounter.plannedEndDate')",
  '/Encounter/VisitorStatusId': ours('Encounter', 'VisitorStatusId'),
  '/Encounter/TreatmentPhaseId': ours('Encounter', 'TreatmentPhaseId'),
  '/Encounter/PatientValuablesIds': ours('Encounter', 'PatientValuablesIds'),
  '/Encounter/ContributorSystemId': ours('Encounter', 'ContributorSystemId'),
}

/** Where the fields of a resource go if the server does not accept it and the Encounter has a second place for them. */
export const carriedWithin: Readonly<Rows> = {
  '/Encounter/FinancialNumber': 'Encounter.account.identifier',
  '/Encounter/ICD10DXCodeIds/*': 'Encounter.reasonCode.coding',
}
