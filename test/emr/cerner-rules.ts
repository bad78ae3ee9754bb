import type { CodeableConcept, Coverage, Encounter, Extension, Reference } from '@medplum/fhirtypes'
import { r4Issues } from './r4-validation.ts'

/** Why Millennium refuses what it was sent. */
export type CernerFault = { status: 400 | 404 | 422; code: string; expression: string }

const STRUCTURES = 'https://fhir-ehr.cerner.com/r4/StructureDefinition'
/** The elements of an Encounter that the documentation lists for create; everything else is refused. */
const writable = new Set(
  'resourceType extension identifier status type priority subject participant period reasonCode hospitalization location serviceProvider meta'.split(
    ' ',
  ),
)
const LONGEST_REASON = 255

/**
 * Each rule of the documentation that an Encounter breaks, the gravest first. `pool`: the alias pool for identifiers.
 */
export function faultsOfEncounter(sent: Encounter, site: { tenant: string; pool: string | undefined }): CernerFault[] {
  const faults: CernerFault[] = []
  const refuse = (expression: string, code = 'business-rule', status: 400 | 422 = 422) =>
    faults.push({ status, code, expression })
  const isCoded = (concept: CodeableConcept | undefined, codeSet: number, others: string[]) => {
    const { system, code } = concept?.coding?.[0] ?? {}
    const systems = [`https://fhir.cerner.com/${site.tenant}/codeSet/${codeSet}`, ...others]
    return system !== undefined && systems.includes(system) && /^\S+(\s\S+)*$/.test(code ?? '')
  }
  const v2 = (table: string) => `http://terminology.hl7.org/CodeSystem/v2-${table}`
  const v3 = (name: string) => `http://terminology.hl7.org/CodeSystem/v3-${name}`

  for (const name of Object.keys(sent)) {
    if (name === 'modifierExtension') refuse('Encounter.modifierExtension', 'extension')
    else if (name === 'implicitRules') refuse('Encounter.implicitRules', 'not-supported')
    else if (!writable.has(name)) refuse(`Encounter.${name}`)
  }
  if (sent.resourceType !== 'Encounter') refuse('Encounter.resourceType', 'required')
  if (!sent.status || ['cancelled', 'entered-in-error'].includes(sent.status)) refuse('Encounter.status')
  if (sent.type?.length !== 1 || !isCoded(sent.type[0], 71, [v2('0004'), 'http://snomed.info/sct']))
    refuse('Encounter.type')
  if (!refersTo('Patient', sent.subject)) refuse('Encounter.subject', 'required')
  if ((sent.location === undefined) === (sent.serviceProvider === undefined)) refuse('Encounter.serviceProvider')
  if (sent.location && (sent.location.length !== 1 || !refersTo('Location', sent.location[0]?.location)))
    refuse('Encounter.location')
  if (sent.serviceProvider && !refersTo('Organization', sent.serviceProvider)) refuse('Encounter.serviceProvider')
  for (const { type, system, value } of sent.identifier ?? []) {
    if (!isCoded(type, 319, [v2('0203')]) || !value || !system) refuse('Encounter.identifier', 'required')
    if (system !== site.pool && !system?.startsWith('urn:site:')) refuse('Encounter.identifier.system')
  }
  for (const { type, individual } of sent.participant ?? []) {
    if (!isCoded(type?.[0], 333, [v3('ParticipationType')])) refuse('Encounter.participant.type', 'required')
    if (!refersTo('Practitioner', individual)) refuse('Encounter.participant.individual', 'required')
  }
  if (sent.priority && !isCoded(sent.priority, 3, [v3('ActPriority')])) refuse('Encounter.priority')
  const { admitSource, dischargeDisposition: _discharge, ...rest } = sent.hospitalization ?? {}
  if (Object.keys(rest).length > 0) refuse('Encounter.hospitalization')
  if (admitSource && !isCoded(admitSource, 2, ['http://terminology.hl7.org/CodeSystem/admit-source']))
    refuse('Encounter.hospitalization.admitSource')
  if ([sent.period?.start, sent.period?.end].some((time) => time !== undefined && !time.includes('T')))
    refuse('Encounter.period')
  if (sent.reasonCode?.some(({ text }) => (text?.length ?? 0) > LONGEST_REASON))
    refuse('Encounter.reasonCode', 'too-long', 400)
  if (!(sent.extension ?? []).every(isCustomAttribute)) refuse('Encounter.extension', 'extension')
  const inferred = { ...sent, class: { code: 'AMB' } }
  for (const { expression } of r4Issues(inferred)) refuse(expression, 'structure', 400)
  return faults
}

/** The same for a Coverage. */
export function faultsOfCoverage(sent: Coverage): CernerFault[] {
  const faults: CernerFault[] = []
  const refuse = (expression: string, code = 'business-rule') => faults.push({ status: 422, code, expression })
  const known = new Set(
    'resourceType extension status subscriber subscriberId beneficiary dependent relationship period payor class'.split(
      ' ',
    ),
  )
  for (const name of Object.keys(sent)) if (!known.has(name)) refuse(`Coverage.${name}`)
  if (sent.status !== 'active') refuse('Coverage.status')
  if (!refersTo('Patient', sent.subscriber)) refuse('Coverage.subscriber', 'required')
  if (!refersTo('Patient', sent.beneficiary)) refuse('Coverage.beneficiary', 'required')
  if (!sent.payor?.length || !sent.payor.every((payor) => refersTo('Organization', payor)))
    refuse('Coverage.payor', 'required')
  for (const { type } of sent.class ?? [])
    if (!type?.coding?.[0]?.system?.endsWith('coverage-class')) refuse('Coverage.class.type')
  const [encounter, ...others] = sent.extension ?? []
  const isOfEncounter =
    encounter?.url === `${STRUCTURES}/coverage-encounter` && refersTo('Encounter', encounter.valueReference)
  if (!isOfEncounter || others.length > 0) refuse('Coverage.extension', 'extension')
  for (const { expression } of r4Issues(sent)) refuse(expression, 'structure')
  return faults
}

function refersTo(type: string, { reference }: Reference = {}): boolean {
  return new RegExp(`^${type}/[A-Za-z0-9.-]{1,64}$`).test(reference ?? '')
}

function isCustomAttribute({ url, extension }: Extension): boolean {
  const name = extension?.find((one) => one.url === 'custom-attribute-name')
  const value = extension?.find((one) => one.url === 'custom-attribute-value')
  return (
    url === `${STRUCTURES}/custom-attribute` &&
    /^ENCNTR:\d+$/.test(name?.id ?? '') &&
    Boolean(name?.valueString) &&
    Boolean(value)
  )
}
