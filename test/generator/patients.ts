import type { Address, Insurance, Phone } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { randomOf, type Random } from './random.ts'
import * as words from './vocabulary.ts'

const PATIENTS = 1
const DAY_MS = 24 * 3_600_000
const YEAR_MS = 365.25 * DAY_MS

/** A person who comes once or several times, each time the same. */
export type Patient = {
  id: string
  familyName: string
  givenName: string
  sex: 'F' | 'M'
  /** ms since the epoch */
  bornAt: number
  address: Address
  phone: Phone
  /** The hospital that the patient goes to. */
  hospitalId: string
  guarantor: { GuarantorId: string; GuarantorTypeId: string; GuarantorRelationshipToPatientId: string }
  /** In the order in which they pay; none for who is not insured. */
  coverage: Omit<Insurance, 'EligibilityStatusDate'>[]
}

/** Patients of hospitals, by their age on `today`: the young and the old come most. */
const ageBands = [
  { weight: 6, from: 0, to: 1 },
  { weight: 10, from: 2, to: 17 },
  { weight: 24, from: 18, to: 44 },
  { weight: 25, from: 45, to: 64 },
  { weight: 25, from: 65, to: 79 },
  { weight: 10, from: 80, to: 95 },
]

/** The n-th patient of a seed; `today` in ms since the epoch. */
export function patientAt(seed: number, index: number, today: number): Patient {
  const random = randomOf(seed, PATIENTS, index)
  const band = random.weighted(ageBands)
  const sex = random.pick(['F', 'M'] as const)
  // not born today or yesterday: what happens to them begins some days before
  const bornAt = today - random.whole(band.from, band.to) * YEAR_MS - random.whole(40, 360) * DAY_MS
  const familyName = random.pick(words.familyNames)
  const person = {
    id: `MRN-${seed}-${String(index).padStart(8, '0')}`,
    familyName,
    givenName: random.pick(words.givenNames[sex]),
    sex,
    bornAt,
    address: homeOf(random),
    phone: { ...phoneOf(random), TypeId: 'PRN' },
    hospitalId: `H${random.whole(1, 5)}`,
  }
  const age = ageOf(person, today)
  const spouse = random.pick(words.givenNames[sex === 'F' ? 'M' : 'F'])
  const parent = random.pick(['MTH', 'FTH'] as const)
  const relatives = {
    parent: { name: random.pick(words.givenNames[parent === 'MTH' ? 'F' : 'M']), is: parent },
    spouse: { name: spouse, is: 'SPO' as const },
  }
  return {
    ...person,
    guarantor: {
      GuarantorId: `G${random.whole(1e5, 9e5)}`,
      GuarantorTypeId: 'P',
      GuarantorRelationshipToPatientId: age < 18 ? 'PAR' : random.chance(0.2) ? 'SPO' : 'SEL',
    },
    coverage: coverageOf(random, person, age, relatives),
  }
}

/** In years. */
export function ageOf({ bornAt }: Pick<Patient, 'bornAt'>, at: number): number {
  return Math.floor((at - bornAt) / YEAR_MS)
}

type Person = Omit<Patient, 'guarantor' | 'coverage'>
type Relatives = { parent: { name: string; is: 'MTH' | 'FTH' }; spouse: { name: string; is: 'SPO' } }

/** Whom the patient is insured with: from 65 with Medicare, children with their parents, others by work, marriage or Medicaid. */
function coverageOf(random: Random, person: Person, age: number, { parent, spouse }: Relatives): Patient['coverage'] {
  const own = { name: person.givenName, as: 'SEL', is: 'SEL' }
  const policy = (payer: words.Payer, holder: { name: string; as: string; is: string }) => ({
    CompanyId: payer.CompanyId,
    CompanyName: payer.CompanyName,
    HealthPlanId: payer.plan,
    ...(payer.groups && { GroupName: random.pick(payer.groups), GroupNumber: String(random.whole(10_000, 99_999)) }),
    EligibilityStatusId: random.chance(0.93) ? 'A' : 'I',
    SubscriberId: `S${random.whole(1e8, 9e8)}`,
    Subscriber: `${person.familyName}, ${holder.name}`,
    PolicyNumber: `POL${random.whole(1e6, 9e6)}`,
    PatientRelationshipToSubscriber: holder.as,
    SubscriberRelationshipToPatientId: holder.is,
    ...(random.chance(0.6) && { Address: person.address }),
    ...(random.chance(0.6) && { Phones: [person.phone] }),
    ...(random.chance(0.2) && {
      CustomFields: [{ FieldId: 'COPAY', ResponseValue: String(random.whole(1, 10) * 5) }],
    }),
  })
  if (age >= 65) {
    const supplement = random.chance(0.4) ? [policy(words.supplement, own)] : []
    return [policy(words.medicare, own), ...supplement]
  }
  if (random.chance(0.12)) return [policy(words.medicaid, own)]
  if (random.chance(0.06)) return []
  const employer = random.pick(words.employers)
  if (age < 18 || (age < 26 && random.chance(0.5)))
    return [policy(employer, { name: parent.name, as: 'CHD', is: parent.is })]
  if (random.chance(0.25)) return [policy(employer, { name: spouse.name, as: 'SPO', is: spouse.is })]
  return [policy(employer, own)]
}

function homeOf(random: Random): Address {
  return {
    Address1: `${random.whole(1, 9999)} ${random.pick(words.streets)}`,
    ...(random.chance(0.3) && { Address2: `Apt ${random.whole(1, 99)}` }),
    ...(random.chance(0.1) && { Address3: `c/o ${random.pick(words.familyNames)}` }),
    ...random.pick(words.cities),
    TypeId: 'H',
    Country: 'US',
  }
}

/** Numbers that belong to nobody: 555-0100 to 555-0199. */
export function phoneOf(random: Random): Omit<Phone, 'TypeId'> {
  return {
    Number: `555-01${String(random.whole(0, 99)).padStart(2, '0')}`,
    ...(random.chance(0.2) && { Extension: String(random.whole(1, 999)) }),
    ...(random.chance(0.2) && { FormatId: 'US' }),
    ...(random.chance(0.2) && { Contact: random.pick(words.givenNames.F) }),
  }
}
