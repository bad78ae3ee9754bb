import type {
  Account,
  Address,
  CodeableConcept,
  Coding,
  ContactPoint,
  Coverage,
  Encounter,
  Extension,
  Organization,
  Practitioner,
  Reference,
  RelatedPerson,
  Resource,
} from '@medplum/fhirtypes'

/** Prefix of the URLs of the connector's own extensions. */
export const OURS = 'urn:encounter-gateway:extension:'
const CONTACT_POINT = 'http://hl7.org/fhir/StructureDefinition/contactpoint-extension'

/** A value read back, or the several forms in which it is present. */
export type Read = string | undefined | (string | undefined)[]
/** The request as reconstructed from what arrived. */
export type ReadBack = Read | ReadBack[] | { [name: string]: ReadBack }

/** Follows a reference in `holder`. */
export type Resolve = <Target extends Resource>(
  holder: Resource | undefined,
  reference: Reference | undefined,
) => Target | undefined

/** A clinician and the role. */
export function provider(
  encounter: Encounter,
  participant: NonNullable<Encounter['participant']>[number],
  resolve: Resolve,
): ReadBack {
  const someone = resolve<Practitioner>(encounter, participant.individual)
  const plain = someone?.identifier?.find(({ type, system }) => !type && !system?.endsWith('us-npi'))
  return {
    ProviderId: plain?.value,
    ProviderType: concept(participant.type?.[0]),
    NPI: someone?.identifier?.find(({ system }) => system === 'http://hl7.org/fhir/sid/us-npi')?.value,
    LicenseNumber: typed(someone, 'LN'),
    Email: someone?.telecom?.find(({ system }) => system === 'email')?.value,
    Phones: (someone?.telecom ?? []).filter(({ system }) => system !== 'email').map(phone),
    Address: address(someone?.address?.[0]),
    InternalSequence: ours(participant, 'InternalSequence'),
  }
}

/** An insurance, from a Coverage and what it refers to. */
export function insurance(coverage: Coverage, resolve: Resolve): ReadBack {
  const payor = resolve<Organization>(coverage, coverage.payor?.[0])
  const subscriber = resolve<RelatedPerson>(coverage, coverage.subscriber)
  const isSelf = JSON.stringify(reach(coverage.subscriber)) === JSON.stringify(reach(coverage.beneficiary))
  const classOf = (code: string) => coverage.class?.find(({ type }) => concept(type).includes(code))
  return {
    CompanyId: payor?.identifier?.[0]?.value,
    CompanyName: payor?.name,
    HealthPlanId: classOf('plan')?.value,
    GroupName: classOf('group')?.name,
    GroupNumber: classOf('group')?.value,
    EligibilityStatusId: ours(coverage, 'EligibilityStatusId'),
    EligibilityStatusDate: extension(coverage, `${OURS}EligibilityStatusDate`)?.valueDateTime,
    SubscriberId: coverage.subscriberId,
    Subscriber: isSelf ? coverage.subscriber?.display : subscriber?.name?.[0]?.text,
    PolicyNumber: coverage.identifier?.[1]?.value,
    PatientRelationshipToSubscriber: concept(coverage.relationship),
    SubscriberRelationshipToPatientId: isSelf ? ['SEL', 'ONESELF'] : concept(subscriber?.relationship?.[0]),
    Address: address(payor?.address?.[0]),
    Phones: (payor?.telecom ?? []).map(phone),
    CustomFields: custom(coverage),
  }
}

/** The target of a reference, without its display text. */
const reach = ({ reference, identifier }: Reference = {}) => [reference, identifier]

function address(found: Address | undefined): ReadBack {
  return {
    Address1: found?.line ?? [],
    Address2: found?.line ?? [],
    Address3: found?.line ?? [],
    City: found?.city,
    State: found?.state,
    ZIP: found?.postalCode,
    TypeId: [
      ours(found, 'AddressTypeId'),
      ...(found?.use === 'home' ? ['H'] : []),
      ...(found?.use === 'work' ? ['B'] : []),
    ],
    County: found?.district,
    Country: found?.country,
  }
}

function phone(found: ContactPoint): ReadBack {
  return {
    Number: found.value,
    TypeId: [
      ours(found, 'PhoneTypeId'),
      ...(found.use === 'work' ? ['WPN'] : []),
      ...(found.system === 'fax' ? ['FX'] : []),
    ],
    Extension: extension(found, CONTACT_POINT)?.valueString,
    FormatId: ours(found, 'PhoneFormatId'),
    Contact: ours(found, 'PhoneContact'),
  }
}

/** The answers to a site's own questions. */
export function custom(element: { extension?: Extension[] }): ReadBack[] {
  return (element.extension ?? [])
    .filter(({ url }) => url === `${OURS}CustomField`)
    .map(({ extension: parts = [] }) => Object.fromEntries(parts.map((part) => [part.url ?? '', part.valueString])))
}

/** The extension with this URL. */
export const extension = (element: { extension?: Extension[] } | undefined, url: string) =>
  element?.extension?.find((one) => one.url === url)
/** The text of one of our own extensions. */
export const ours = (element: { extension?: Extension[] } | undefined, name: string) =>
  extension(element, OURS + name)?.valueString
/** The identifier of a type. */
export const typed = (resource: Practitioner | Account | undefined, code: string) =>
  resource?.identifier?.find(({ type }) => concept(type).includes(code))?.value
/** The last part of a system, as the tests name theirs. */
export const typeOfSystem = ({ system }: { system?: string }) => system?.split(':').at(-1)

/** A concept's text and codes. */
export function concept(found: CodeableConcept | undefined): (string | undefined)[] {
  return [found?.text, ...(found?.coding ?? []).flatMap(codes)]
}

/** A code, and HL7 v2's codes for the classes that R4 codes differently. */
export function codes(coding: Coding | undefined): (string | undefined)[] {
  const v2: Record<string, string> = { IMP: 'I', AMB: 'O', EMER: 'E', PRENC: 'P' }
  return [coding?.code, coding?.display, v2[coding?.code ?? '']]
}
