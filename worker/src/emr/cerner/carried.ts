import type { Carried } from '../carried/not-carried.ts'

/**
 * Where each field goes that Millennium allows writing; the others are read-only there, inferred, or have no element.
 */
export const carried: Carried = {
  '/PatientId': 'Encounter.subject',
  '/PatientIdType': 'Encounter.subject',
  '/Encounter/EncounterDateTime': 'Encounter.period.start',
  '/Encounter/AttendingProviderId': 'Encounter.participant.individual',
  '/Encounter/DischargeDateTime': 'Encounter.period.end',
  '/Encounter/EncounterStatusId': 'Encounter.status',
  '/Encounter/EncounterTypeId': 'Encounter.type',
  '/Encounter/Location/BedId': 'Encounter.location.location',
  '/Encounter/Location/RoomId': 'Encounter.location.location',
  '/Encounter/Location/UnitId': 'Encounter.location.location',
  '/Encounter/Location/HospitalId': 'Encounter.serviceProvider',
  '/Encounter/ReasonForVisit': 'Encounter.reasonCode.text',
  '/Encounter/AdmitPriorityId': 'Encounter.priority',
  '/Encounter/AdmitSourceId': 'Encounter.hospitalization.admitSource',
  '/Encounter/EncounterAlias': 'Encounter.identifier',
  '/Encounter/FinancialNumber': 'Encounter.identifier',
  '/Encounter/ProvidersType/*/ProviderId': 'Encounter.participant.individual',
  '/Encounter/ProvidersType/*/ProviderType': 'Encounter.participant.type',
  '/Encounter/ICD10DXCodeIds/*': 'Encounter.reasonCode.coding',
  '/Encounter/CustomFields/*/FieldId': "Encounter.extension('custom-attribute')",
  '/Encounter/CustomFields/*/ResponseValue': "Encounter.extension('custom-attribute')",
  '/Encounter/Insurances/*/CompanyId': 'Coverage.payor',
  '/Encounter/Insurances/*/CompanyName': 'Coverage.payor.display',
  '/Encounter/Insurances/*/HealthPlanId': 'Coverage.class.value',
  '/Encounter/Insurances/*/GroupNumber': 'Coverage.class.value',
  '/Encounter/Insurances/*/GroupName': 'Coverage.class.name',
  '/Encounter/Insurances/*/SubscriberId': 'Coverage.subscriberId',
  '/Encounter/Insurances/*/Subscriber': 'Coverage.subscriber.display',
  '/Encounter/Insurances/*/PatientRelationshipToSubscriber': 'Coverage.relationship',
  '/Encounter/Insurances/*/SubscriberRelationshipToPatientId': 'Coverage.relationship',
}
