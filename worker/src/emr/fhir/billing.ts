import type { Insurance } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type {
  Account,
  AccountGuarantor,
  Coverage,
  CodeableConcept,
  CoverageClass,
  Organization,
  Reference,
  RelatedPerson,
} from 'fhir/r4.js'
import { coded, conceptOf, hl7Code, identifierType, vocabularies } from '../fhir-r4/codes.ts'
import { nameOf } from '../person-name.ts'
import { given, listOf } from '../fhir-r4/values.ts'
import { addressOf, phoneOf } from './contact.ts'
import { inverseRelationship, isSelf } from '../relationships.ts'
import { customFields } from './extensions.ts'
import type { Translation } from './people-and-places.ts'

const absent = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
}

/** One Coverage for each insurance that has any content, with its place in the request. */
export function coveragesOf(patient: Reference, about: Translation): { coverage: Reference; item: number }[] {
  const { Insurances = [] } = about.request.Encounter
  if (!about.records.takes('Coverage')) return []
  return Insurances.flatMap((insurance, item) => {
    if (Object.keys(insurance).length === 0) return []
    const part = `coverage-${item + 1}`
    return [{ coverage: about.records.own(part, coverage(insurance, { ...about, patient, item, part }), item), item }]
  })
}

type CoverageAbout = Translation & { patient: Reference; item: number; part: string }

function coverage(insurance: Insurance, about: CoverageAbout): Coverage {
  const { options, records, extend, item, part } = about
  const resource: Coverage = {
    resourceType: 'Coverage',
    extension: listOf([
      extend('EligibilityStatusId', insurance.EligibilityStatusId),
      given(insurance.EligibilityStatusDate, (valueDateTime) => ({
        url: `${options.extensionBaseUrl}EligibilityStatusDate`,
        valueDateTime,
      })),
      ...customFields(insurance.CustomFields, options.extensionBaseUrl),
    ]),
    identifier: listOf([
      records.keyOf(part),
      given(insurance.PolicyNumber, (value) => ({ system: options.identifierSystems.PolicyNumber, value })),
    ]),
    status: 'active',
    subscriberId: insurance.SubscriberId,
    beneficiary: about.patient,
    relationship: relationshipOf(insurance, options),
    payor: [],
    class: listOf([
      classOf('plan', insurance.HealthPlanId, undefined),
      classOf('group', insurance.GroupNumber, insurance.GroupName),
    ]),
    order: item + 1,
  }
  resource.subscriber = subscriber(resource, insurance, about)
  resource.payor = [payor(resource, insurance, about)]
  return resource
}

/** R4 requires a value in each class: a group that has only a name gets the name as its value as well. */
function classOf(
  type: 'plan' | 'group',
  value: string | undefined,
  name: string | undefined,
): CoverageClass | undefined {
  const known = value ?? name
  return known === undefined ? undefined : { type: hl7Code('coverage-class', type), value: known, name }
}

/** The patient's relationship to the subscriber: as given, or inverted if the inverse is certain in HL7 table 0063. */
function relationshipOf(insurance: Insurance, options: CoverageAbout['options']): CodeableConcept | undefined {
  const { PatientRelationshipToSubscriber: given, SubscriberRelationshipToPatientId: other } = insurance
  if (given !== undefined)
    return conceptOf(given, options.codeSystems.PatientRelationshipToSubscriber, vocabularies.subscriber)
  if (other === undefined || options.codeSystems.SubscriberRelationshipToPatientId !== undefined) return undefined
  if (isSelf(other)) return { ...coded(vocabularies.subscriber.system, 'self'), text: other }
  const inverse = inverseRelationship(other)
  return inverse === undefined ? undefined : conceptOf(inverse, undefined, vocabularies.subscriber)
}

/** Whether a relationship in HL7's codes names the patient as the subscriber, and none contradicts it. */
function isPatients(insurance: Insurance, { codeSystems }: CoverageAbout['options']): boolean {
  const fields = ['PatientRelationshipToSubscriber', 'SubscriberRelationshipToPatientId'] as const
  const said = fields.filter((field) => insurance[field] !== undefined)
  return said.length > 0 && said.every((field) => codeSystems[field] === undefined && isSelf(insurance[field] ?? ''))
}

function subscriber(
  holder: Coverage,
  insurance: Insurance,
  { options, records, patient }: CoverageAbout,
): Reference | undefined {
  const { Subscriber: name, SubscriberRelationshipToPatientId: relationship } = insurance
  if (isPatients(insurance, options)) return { ...patient, ...(name !== undefined && { display: name }) }
  if (name === undefined && relationship === undefined) return undefined
  const local = options.codeSystems.SubscriberRelationshipToPatientId
  const resource: RelatedPerson = {
    resourceType: 'RelatedPerson',
    patient,
    relationship: given(relationship, (code) => [conceptOf(code, local, vocabularies.relatedPerson)]),
    name: given(name, (text) => {
      const parts = nameOf(text)
      return [parts ? { text, family: parts.family, given: [parts.given] } : { text }]
    }),
  }
  return records.shared(holder, resource, { system: undefined, value: undefined }, []).reference
}

function payor(holder: Coverage, insurance: Insurance, { options, records, extend, item }: CoverageAbout): Reference {
  const { CompanyId, CompanyName, Address, Phones = [] } = insurance
  const address = addressOf(Address, 'organization', extend)
  const telecom = listOf(Phones.map((phone) => phoneOf(phone, 'organization', extend)))
  if (CompanyId === undefined && CompanyName === undefined && !address && !telecom) return absent
  const system = options.identifierSystems.CompanyId
  const resource: Organization = {
    resourceType: 'Organization',
    // R4 requires a name or an identifier (org-1): a company without either gets an identifier marked as unknown.
    identifier: given(CompanyId, (value) => [{ system, value }]) ?? (CompanyName === undefined ? [absent] : undefined),
    name: CompanyName,
    telecom,
    address,
  }
  const details = ['CompanyName', 'Address', 'Phones'].map((name) => `/Encounter/Insurances/${item}/${name}`)
  return records.shared(holder, resource, { system, value: CompanyId }, details).reference
}

/** The account that the encounter is billed to, with its payers; none if nothing is known of it. */
export function accountOf(
  patient: Reference,
  coverages: { coverage: Reference; item: number }[],
  about: Translation,
): Reference | undefined {
  const { records, options } = about
  const { FinancialNumber: number } = about.request.Encounter
  if (!records.takes('Account')) return undefined
  const account: Account = {
    resourceType: 'Account',
    identifier: listOf([
      records.keyOf('account'),
      given(number, (value) => ({
        type: identifierType('AN'),
        system: options.identifierSystems.FinancialNumber,
        value,
      })),
    ]),
    status: 'active',
    subject: [patient],
    coverage: listOf(coverages.map(({ coverage, item }) => ({ coverage, priority: item + 1 }))),
  }
  account.guarantor = listOf([guarantor(account, patient, about)])
  if (number === undefined && !account.coverage && !account.guarantor) return undefined
  return records.own('account', account)
}

/** A person if the relationship shows it; else only an identifier is known, of a person or of a company. */
function guarantor(
  holder: Account,
  patient: Reference,
  { request, options, records, extend }: Translation,
): AccountGuarantor | undefined {
  const { GuarantorId: id, GuarantorTypeId, GuarantorRelationshipToPatientId: relationship } = request.Encounter
  if (id === undefined && GuarantorTypeId === undefined && relationship === undefined) return undefined
  const system = options.identifierSystems.GuarantorId
  const extension = listOf([extend('GuarantorTypeId', GuarantorTypeId)])
  if (relationship === undefined)
    return { extension, party: given(id, (value) => ({ identifier: { system, value } })) ?? absent }
  const local = options.codeSystems.GuarantorRelationshipToPatientId
  const resource: RelatedPerson = {
    resourceType: 'RelatedPerson',
    identifier: given(id, (value) => [{ system, value }]),
    patient,
    relationship: [conceptOf(relationship, local, vocabularies.relatedPerson)],
  }
  const details = ['/Encounter/GuarantorRelationshipToPatientId']
  return { extension, party: records.shared(holder, resource, { system, value: id }, details).reference }
}
