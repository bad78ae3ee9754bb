import type { Insurance } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { Type, type Static } from '@sinclair/typebox'
import type { Coverage, CoverageClass } from 'fhir/r4.js'
import { coded } from '../fhir-r4/codes.ts'
import { given, isFhirId, listOf } from '../fhir-r4/values.ts'
import { isSelf } from '../relationships.ts'
import type { Site } from './options.ts'

const COVERAGE_ENCOUNTER = 'https://fhir-ehr.cerner.com/r4/StructureDefinition/coverage-encounter'
/** Not R4's own system for these codes, but the one in Millennium's documentation. */
const COVERAGE_CLASS = 'http://hl7.org/fhir/ValueSet/coverage-class'

/** The part of a Coverage that is read. */
export const ShownCoverage = Type.Object({
  resourceType: Type.Literal('Coverage'),
  subscriberId: Type.Optional(Type.String()),
  payor: Type.Optional(Type.Array(Type.Object({ reference: Type.Optional(Type.String()) }))),
  class: Type.Optional(Type.Array(Type.Object({ value: Type.String() }))),
})
export type ShownCoverage = Static<typeof ShownCoverage>

/**
 * An insurance in Millennium's form, still without its encounter; `undefined` for one that it does not take: the payer
 * must be an Organization that it knows, and the subscriber a Patient; the only one known to us is the patient.
 */
export function coverageOf(insurance: Insurance, site: Site, patientId: string): Coverage | undefined {
  const { CompanyId, CompanyName, Subscriber } = insurance
  if (site.coverages === 'never' || !isFhirId(CompanyId ?? '') || !isPatients(insurance, site)) return undefined
  const patient = `Patient/${patientId}`
  return {
    resourceType: 'Coverage',
    status: 'active',
    subscriber: { reference: patient, ...(Subscriber !== undefined && { display: Subscriber }) },
    subscriberId: insurance.SubscriberId,
    beneficiary: { reference: patient },
    relationship: coded('http://terminology.hl7.org/CodeSystem/subscriber-relationship', 'self'),
    payor: [{ reference: `Organization/${CompanyId}`, ...(CompanyName !== undefined && { display: CompanyName }) }],
    class: listOf([
      classOf('plan', insurance.HealthPlanId, undefined),
      classOf('group', insurance.GroupNumber ?? insurance.GroupName, insurance.GroupName),
    ]),
  }
}

/** The same with the encounter that it pays for. */
export function forEncounter(coverage: Coverage, encounterId: string): Coverage {
  const reference = `Encounter/${encounterId}`
  return { ...coverage, extension: [{ url: COVERAGE_ENCOUNTER, valueReference: { reference } }] }
}

/** Whether a Coverage that the EMR shows is the one that was to be created. */
export function isSame(shown: ShownCoverage, wanted: Coverage): boolean {
  const plan = (one: { class?: { value: string }[] | undefined }) =>
    one.class?.map(({ value }) => value).join(' ') ?? ''
  return (
    shown.payor?.[0]?.reference === wanted.payor[0]?.reference &&
    plan(shown) === plan(wanted) &&
    (shown.subscriberId ?? '') === (wanted.subscriberId ?? '')
  )
}

/** Whether the patient is named as the subscriber, and nothing contradicts that. */
function isPatients(insurance: Insurance, { selfRelationshipCodes }: Site): boolean {
  const { PatientRelationshipToSubscriber: one, SubscriberRelationshipToPatientId: other, Subscriber } = insurance
  const says = (code: string | undefined) => code === undefined || isSelf(code) || selfRelationshipCodes.includes(code)
  return one === undefined && other === undefined ? Subscriber === undefined : says(one) && says(other)
}

function classOf(
  type: 'plan' | 'group',
  value: string | undefined,
  name: string | undefined,
): CoverageClass | undefined {
  return given(value, (known) => ({
    type: { coding: [{ system: COVERAGE_CLASS, code: type }], text: type },
    value: known,
    ...(name !== undefined && { name }),
  }))
}
