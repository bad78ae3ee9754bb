import type { PatientEncounter, Provider } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { Encounter, EncounterLocation, EncounterParticipant, Location, Practitioner } from 'fhir/r4.js'
import { conceptOf, hl7Code, identifierType, vocabularies } from '../fhir-r4/codes.ts'
import { given, listOf } from '../fhir-r4/values.ts'
import { addressOf, phoneOf, type Extend } from './contact.ts'
import type { FhirOptions } from './options.ts'
import type { Records } from './records.ts'

const NPI_SYSTEM = 'http://hl7.org/fhir/sid/us-npi'

/** What translating needs besides the request itself. */
export type Translation = { request: PatientEncounter; options: FhirOptions; records: Records; extend: Extend }

/** The attending clinician first, then the others in their order. */
export function participantsOf(encounter: Encounter, about: Translation): EncounterParticipant[] | undefined {
  const { AttendingProviderId, ProvidersType = [] } = about.request.Encounter
  const others = ProvidersType.map((provider, index) => participantOf(encounter, provider, index, about))
  // After the others: of two records under one identifier the first counts, and this one has only the identifier.
  const attending = given(AttendingProviderId, (ProviderId) => ({
    type: [conceptOf('ATND', undefined, vocabularies.participation)],
    individual: practitioner(encounter, { ProviderId }, [], about),
  }))
  return listOf([attending, ...others])
}

function participantOf(
  encounter: Encounter,
  provider: Provider,
  index: number,
  about: Translation,
): EncounterParticipant | undefined {
  const { ProviderType, InternalSequence, ProviderId, ...details } = provider
  const extension = listOf([about.extend('InternalSequence', InternalSequence)])
  const local = about.options.codeSystems.ProviderType
  const type = given(ProviderType, (code) => [conceptOf(code, local, vocabularies.participation)])
  const isSomeone = ProviderId !== undefined || Object.keys(details).length > 0
  if (!isSomeone && !type && !extension) return undefined
  const pointers = Object.keys(details).map((name) => `/Encounter/ProvidersType/${index}/${name}`)
  return {
    extension,
    type,
    individual: isSomeone ? practitioner(encounter, provider, pointers, about) : undefined,
  }
}

function practitioner(
  encounter: Encounter,
  provider: Provider,
  details: string[],
  { options, records, extend }: Translation,
) {
  const { ProviderId, NPI, LicenseNumber, Email, Phones = [], Address } = provider
  const system = options.identifierSystems.ProviderId
  const resource: Practitioner = {
    resourceType: 'Practitioner',
    identifier: listOf([
      given(ProviderId, (value) => ({ system, value })),
      given(NPI, (value) => ({ system: NPI_SYSTEM, value })),
      given(LicenseNumber, (value) => ({ type: identifierType('LN'), value })),
    ]),
    telecom: listOf([
      ...Phones.map((phone) => phoneOf(phone, 'person', extend)),
      given(Email, (value) => ({ system: 'email' as const, value })),
    ]),
    address: addressOf(Address, 'person', extend),
  }
  return records.shared(encounter, resource, { system, value: ProviderId }, details).reference
}

const levels = [
  { field: 'BedId', code: 'bd' },
  { field: 'RoomId', code: 'ro' },
  { field: 'UnitId', code: 'wa' },
  { field: 'HospitalId', code: 'si' },
] as const

/** The narrowest known place, each part of the next wider one. */
export function locationsOf(
  encounter: Encounter,
  status: EncounterLocation['status'],
  { request, options, records }: Translation,
): EncounterLocation[] | undefined {
  const ids = request.Encounter.Location ?? {}
  const known = levels.filter(({ field }) => ids[field] !== undefined)
  const places = known.map(({ field, code }): Location => {
    const identifier = [{ system: options.identifierSystems[field], value: ids[field] }]
    const physicalType = hl7Code('location-physical-type', code)
    return { resourceType: 'Location', identifier, mode: 'instance', physicalType }
  })
  const located: EncounterLocation[] = []
  let holder: Encounter | Location = encounter
  for (const [index, place] of places.entries()) {
    const field = known[index]?.field ?? 'BedId'
    const wider = known.slice(index + 1).map((level) => `/Encounter/Location/${level.field}`)
    const { reference, isEntry } = records.shared(
      holder,
      place,
      { system: options.identifierSystems[field], value: ids[field] },
      wider,
    )
    const narrower = places[index - 1]
    if (narrower) narrower.partOf = reference
    else located.push({ location: reference, status })
    if (isEntry) holder = place
  }
  return listOf(located)
}
