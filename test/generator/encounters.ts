import type {
  Address,
  Insurance,
  PatientEncounter,
  Phone,
  Provider,
} from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { randomFrom, type Random } from './random.ts'
import * as words from './vocabulary.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/**
 * The n-th encounter of a seed is the same on every day, so begun ones lie far in the past and planned ones far in the
 * future.
 */
const FIRST_DAY = Date.UTC(2025, 0, 1)
const FIRST_PLANNED_DAY = Date.UTC(2035, 0, 1)
/** How often an optional field is present: often enough to occur, rarely enough that each is also missing. */
const SOMETIMES = 0.6

/**
 * Endless realistic encounters, number `from` first: each differs, every optional field is sometimes present, and the
 * n-th of a seed is always the same. PatientIds are unique within a seed.
 */
export function* encountersFrom(seed: number, from = 0): Generator<PatientEncounter> {
  for (let index = from; ; index++) yield encounterAt(seed, index)
}

/** The encounter at one place in a seed's sequence. */
export function encounterAt(seed: number, index: number): PatientEncounter {
  const random = randomFrom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b))
  const status = random.pick(words.statuses)
  const planned = status === 'planned'
  const start = (planned ? FIRST_PLANNED_DAY : FIRST_DAY) + random.whole(0, 300) * DAY_MS + random.whole(0, DAY_MS)
  const stayDays = random.whole(0, 9)
  const end = start + stayDays * DAY_MS + HOUR_MS
  const some = <T extends object>(make: () => T): Partial<T> => (random.chance(SOMETIMES) ? make() : {})
  return {
    UserId: `user${random.whole(1, 400)}`,
    PatientId: `MRN-${seed}-${String(index).padStart(8, '0')}`,
    ...some(() => ({ PatientIdType: 'MR' })),
    Encounter: {
      EncounterDateTime: timeText(random, start),
      ...some(() => ({ AttendingProviderId: `P${random.whole(1000, 9999)}` })),
      ...(status === 'finished' && { DischargeDateTime: timeText(random, end) }),
      ...some(() => ({ EncounterStatusId: status })),
      ...some(() => ({ EncounterTypeId: random.pick(words.encounterTypes) })),
      ...some(() => ({
        Location: {
          UnitId: random.pick(words.units),
          HospitalId: `H${random.whole(1, 5)}`,
          ...some(() => ({ RoomId: String(random.whole(100, 499)) })),
          ...some(() => ({ BedId: random.pick(['A', 'B', 'W', 'D']) })),
        },
      })),
      ...some(() => ({ MedicalServiceId: random.pick(words.medicalServices) })),
      ReasonForVisit: random.pick(words.reasons),
      PatientClassId: random.pick(planned ? words.patientClasses : words.presentClasses),
      ...some(() => ({ AdmitPriorityId: random.pick(words.admitPriorities) })),
      ...some(() => ({ AdmitSourceId: random.pick(words.admitSources) })),
      ...some(() => ({ EncounterAlias: `V${random.whole(1e6, 9e6)}` })),
      ...some(() => ({
        GuarantorId: `G${random.whole(1e5, 9e5)}`,
        GuarantorTypeId: random.pick(['P', 'O']),
        GuarantorRelationshipToPatientId: random.pick(words.relationships),
      })),
      ...some(() => ({ Insurances: Array.from({ length: random.whole(1, 2) }, () => insurance(random, start)) })),
      ...some(() => ({ FinancialNumber: `FIN${random.whole(1e7, 9e7)}` })),
      ...some(() => ({ ProvidersType: Array.from({ length: random.whole(1, 3) }, (_, at) => provider(random, at)) })),
      ...some(() => ({
        ICD10DXCodeIds: Array.from({ length: random.whole(1, 3) }, () => random.pick(words.diagnoses)),
      })),
      ...some(() => ({
        CustomFields: [{ FieldId: String(random.whole(1e6, 9e6)), ResponseValue: random.pick(['yes', 'no']) }],
      })),
      ...some(() => ({ FormType: random.pick(['INTAKE', 'TRANSFER']) })),
      ...some(() => ({ ReferClientId: `C${random.whole(10, 99)}` })),
      ...some(() => ({ EstimatedArrivalDateTime: timeText(random, start - DAY_MS) })),
      ...some(() => ({ EstimatedLengthOfStay: String(stayDays) })),
      ...some(() => ({ EstimatedDischargeDateTime: timeText(random, end) })),
      ...some(() => ({ VisitorStatusId: random.pick(['FAMILY', 'NONE']) })),
      ...some(() => ({ TreatmentPhaseId: random.pick(['PHASE1', 'PHASE2', 'ENTRY']) })),
      ...some(() => ({ PatientValuablesIds: random.pick(['WATCH', 'GLASSES', 'RING']) })),
      ...some(() => ({ ContributorSystemId: random.pick(['SCHED', 'REG', 'MIGRATION']) })),
    },
  }
}

function insurance(random: Random, start: number): Insurance {
  const subscriber = `${random.pick(words.familyNames)}, ${random.pick(words.givenNames)}`
  return {
    ...random.pick(words.payers),
    HealthPlanId: `PLAN${random.whole(10, 99)}`,
    GroupNumber: String(random.whole(10_000, 99_999)),
    EligibilityStatusId: random.pick(['A', 'I']),
    EligibilityStatusDate: timeText(random, start - random.whole(1, 30) * DAY_MS),
    SubscriberId: `S${random.whole(1e8, 9e8)}`,
    Subscriber: subscriber,
    PolicyNumber: `POL${random.whole(1e6, 9e6)}`,
    ...random.pick(words.subscriptions),
    ...(random.chance(SOMETIMES) && { Address: address(random) }),
    ...(random.chance(SOMETIMES) && { Phones: [phone(random)] }),
    ...(random.chance(0.2) && { CustomFields: [{ FieldId: 'COPAY', ResponseValue: String(random.whole(5, 50)) }] }),
  }
}

function provider(random: Random, at: number): Provider {
  return {
    ProviderId: `P${random.whole(1000, 9999)}`,
    ProviderType: random.pick(words.providerTypes),
    InternalSequence: String(at + 1),
    ...(random.chance(SOMETIMES) && { NPI: String(random.whole(1_000_000_000, 1_999_999_999)) }),
    ...(random.chance(SOMETIMES) && { LicenseNumber: `L${random.whole(1e5, 9e5)}` }),
    ...(random.chance(SOMETIMES) && { Email: `p${random.whole(1000, 9999)}@example.org` }),
    ...(random.chance(0.3) && { Address: address(random) }),
    ...(random.chance(0.3) && { Phones: [phone(random)] }),
  }
}

function address(random: Random): Address {
  return {
    Address1: `${random.whole(1, 9999)} ${random.pick(words.streets)}`,
    ...(random.chance(0.3) && { Address2: `Apt ${random.whole(1, 99)}` }),
    ...(random.chance(0.1) && { Address3: `c/o ${random.pick(words.familyNames)}` }),
    ...random.pick(words.cities),
    TypeId: random.pick(['H', 'B', 'M']),
    Country: 'US',
  }
}

function phone(random: Random): Phone {
  return {
    Number: `555-01${String(random.whole(0, 99)).padStart(2, '0')}`,
    TypeId: random.pick(['PRN', 'WPN', 'ORN']),
    ...(random.chance(0.2) && { Extension: String(random.whole(1, 999)) }),
    ...(random.chance(0.2) && { FormatId: 'US' }),
    ...(random.chance(0.2) && { Contact: random.pick(words.givenNames) }),
  }
}

/** Sometimes with the seven fractional digits that .NET writes. */
function timeText(random: Random, ms: number): string {
  const text = new Date(ms).toISOString()
  return random.chance(0.5) ? `${text.slice(0, 19)}.${String(random.whole(0, 9_999_999)).padStart(7, '0')}+00:00` : text
}
