import type { PatientEncounter, Provider } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { clinicalPictures, type ClinicalPicture, type Setting } from './clinical-pictures.ts'
import { ageOf, patientAt, type Patient } from './patients.ts'
import { providerAt } from './providers.ts'
import { randomOf, type Random } from './random.ts'

const ENCOUNTERS = 3
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** How often an optional field is present: often enough to occur, rarely enough that each is also missing. */
const SOMETIMES = 0.7
/** How often a patient comes who was there before. */
const RETURNING = 0.2
/** Without another: far enough in the past that nothing which has begun lies in the future. */
const SOME_DAY = Date.UTC(2026, 0, 15)

/** Which encounters are generated. */
export type Profile = 'mixed' | 'inpatient' | 'emergency' | 'outpatient' | 'migration'

type Status = 'planned' | 'arrived' | 'in-progress' | 'finished'

const all: readonly { setting: Setting; weight: number }[] = [
  { setting: 'emergency', weight: 32 },
  { setting: 'outpatient', weight: 36 },
  { setting: 'inpatient', weight: 20 },
  { setting: 'recurring', weight: 8 },
  { setting: 'obstetrics', weight: 12 },
]
const only = (...settings: Setting[]) => all.filter(({ setting }) => settings.includes(setting))
const today = { finished: 55, 'in-progress': 20, planned: 18, arrived: 7 }
const gone = { finished: 1, 'in-progress': 0, planned: 0, arrived: 0 }

/** Which settings and statuses a profile has; `migration` is what another system has finished in five years. */
const profiles = {
  mixed: { settings: all, statuses: today, days: 120 },
  inpatient: { settings: only('inpatient', 'obstetrics'), statuses: today, days: 120 },
  emergency: { settings: only('emergency'), statuses: { ...today, planned: 0 }, days: 120 },
  outpatient: { settings: only('outpatient', 'recurring'), statuses: today, days: 120 },
  migration: { settings: all, statuses: gone, days: 5 * 365 },
} satisfies Record<Profile, { settings: typeof all; statuses: Record<Status, number>; days: number }>

/** The names of profiles. */
export const profileNames = Object.keys(profiles) as Profile[]

/** HL7 v2 tables 0004 (class), 0007 (type) and 0217 (priority), and how long such an encounter takes. */
const bySetting = {
  emergency: { class: 'E', type: 'E', priority: '1', hours: [2, 9] },
  inpatient: { class: 'I', type: 'E', priority: '2', hours: [24, 24] },
  outpatient: { class: 'O', type: 'R', priority: '3', hours: [1, 2] },
  recurring: { class: 'R', type: 'R', priority: '3', hours: [2, 4] },
  obstetrics: { class: 'B', type: 'L', priority: '2', hours: [24, 24] },
} as const satisfies Record<Setting, object>

/** What determines the generated encounters; `day` is when they are seen, in ms since the epoch: the beginning of a day, UTC. */
export type Source = { seed: number; profile?: Profile; day?: number }

/**
 * The encounter at one place in a seed's sequence: always the same for the same seed, profile and day. Class, times,
 * unit, service, diagnoses, insurances and guarantor go together, patients return, and every optional field is sometimes
 * missing.
 */
export function encounterAt(source: number | Source, index: number): PatientEncounter {
  const { seed, profile = 'mixed', day = SOME_DAY } = typeof source === 'number' ? { seed: source } : source
  const random = randomOf(seed, ENCOUNTERS, index)
  const { settings, statuses, days } = profiles[profile]
  const { status } = random.weighted(
    Object.entries(statuses).map(([status, weight]) => ({ status: status as Status, weight })),
  )
  const { patient, setting, picture } = visitFor(random, { seed, index, settings, status, day })
  const stay = stayOf(random, picture, setting)
  const elective = setting === 'inpatient' && !picture.acute
  const byAppointment = elective || setting === 'outpatient' || setting === 'recurring' || status === 'planned'
  const { start, end } = timesOf(random, { byAppointment, status, stay, day, days })
  return encounterOf({ random, patient, picture, setting, status, start, end, stay, seed, profile, day })
}

/** Endless encounters of a seed, number `from` first. */
export function* encountersFrom(source: number | Source, from = 0): Generator<PatientEncounter> {
  for (let index = from; ; index++) yield encounterAt(source, index)
}

/** A patient and a reason to come that fit each other, the settings and the status. */
function visitFor(
  random: Random,
  about: { seed: number; index: number; settings: typeof all; status: Status; day: number },
): { patient: Patient; setting: Setting; picture: ClinicalPicture } {
  const { seed, index, settings, status, day } = about
  for (let others = 0; ; others++) {
    // of those who do not fit the next is as far away as no returning patient can be
    const number = others > 0 ? index + others * 1e7 : random.chance(RETURNING) ? random.whole(0, index) : index
    const patient = patientAt(seed, number, day)
    const age = ageOf(patient, day)
    const fitting = clinicalPictures.filter(
      ({ ages: [from, to], sex, acute }) =>
        age >= from && age <= to && (!sex || sex === patient.sex) && !(acute && status === 'planned'),
    )
    const possible = settings.filter(
      ({ setting }) =>
        fitting.some((picture) => picture.settings.includes(setting)) &&
        !(setting === 'emergency' && status === 'planned'),
    )
    if (possible.length === 0) continue
    const { setting } = random.weighted(possible)
    return { patient, setting, picture: random.weighted(fitting.filter((each) => each.settings.includes(setting))) }
  }
}

/** ms from the beginning to the end. */
function stayOf(random: Random, { days }: ClinicalPicture, setting: Setting): number {
  const [from, to] = bySetting[setting].hours
  if (setting === 'inpatient' || setting === 'obstetrics') {
    return random.whole(days?.[0] ?? 1, days?.[1] ?? 3) * DAY_MS + random.whole(-4, 4) * HOUR_MS
  }
  return random.whole(from, to) * HOUR_MS
}

/** Visits by appointment begin at a quarter of an hour of a working day, all else at any time. */
function timesOf(
  random: Random,
  {
    byAppointment,
    status,
    stay,
    day,
    days,
  }: { byAppointment: boolean; status: Status; stay: number; day: number; days: number },
) {
  const timeOfDay = byAppointment
    ? (14 + random.whole(0, 31) / 4) * HOUR_MS
    : random.whole(0, DAY_MS / 1_000 - 1) * 1_000
  const onDay = (offset: number) => {
    const date = day + offset * DAY_MS
    const weekday = new Date(date).getUTCDay()
    const isFree = byAppointment && (weekday === 0 || weekday === 6)
    return date + (isFree ? Math.sign(offset) * 2 * DAY_MS : 0) + timeOfDay
  }
  const start = {
    planned: onDay(random.whole(3, 60)),
    arrived: day - random.whole(1, 50) * MINUTE_MS,
    'in-progress': day - Math.floor(stay * random.next() * 0.9) - 10 * MINUTE_MS,
    finished: onDay(-random.whole(Math.ceil(stay / DAY_MS) + 1, days)),
  }[status]
  return { start, end: start + stay }
}

type About = {
  random: Random
  patient: Patient
  picture: ClinicalPicture
  setting: Setting
  status: Status
  start: number
  end: number
  stay: number
  seed: number
  profile: Profile
  day: number
}

function encounterOf(about: About): PatientEncounter {
  const { random, patient, picture, setting, status, start, end, stay, seed, profile } = about
  const some = <T extends object>(make: () => T): Partial<T> => (random.chance(SOMETIMES) ? make() : {})
  const inHouse = setting === 'inpatient' || setting === 'obstetrics'
  const planned = status === 'planned'
  const elective = planned || (setting === 'inpatient' && !picture.acute)
  // class P alone says that an encounter is planned; another class needs the status
  const preadmit = planned && inHouse
  const providers = providersOf(random, seed, inHouse)
  const attending = providers[0]?.ProviderId ?? ''
  const { type, priority } = bySetting[setting]
  return {
    UserId: `user${random.whole(1, 400)}`,
    PatientId: patient.id,
    ...some(() => ({ PatientIdType: 'MR' })),
    Encounter: {
      EncounterDateTime: timeText(random, start),
      ...some(() => ({ AttendingProviderId: attending })),
      ...(status === 'finished' && { DischargeDateTime: timeText(random, end) }),
      ...((planned && !preadmit) || status === 'arrived' || random.chance(SOMETIMES)
        ? { EncounterStatusId: status }
        : {}),
      ...some(() => ({ EncounterTypeId: inHouse && setting !== 'obstetrics' && elective ? 'C' : type })),
      ...some(() => ({ Location: locationOf(about, inHouse) })),
      ...some(() => ({ MedicalServiceId: picture.service })),
      ReasonForVisit: picture.reason,
      PatientClassId: preadmit ? 'P' : bySetting[setting].class,
      ...some(() => ({ AdmitPriorityId: elective ? '3' : priority })),
      ...some(() => ({ AdmitSourceId: sourceOf(random, inHouse && !elective) })),
      ...some(() => ({ EncounterAlias: `V${random.whole(1e6, 9e6)}` })),
      ...some(() => patient.guarantor),
      ...(patient.coverage.length > 0 &&
        some(() => ({
          Insurances: patient.coverage.map((policy) => ({
            ...policy,
            EligibilityStatusDate: timeText(random, start - random.whole(1, 30) * DAY_MS),
          })),
        }))),
      ...some(() => ({ FinancialNumber: `FIN${random.whole(1e7, 9e7)}` })),
      ...some(() => ({ ProvidersType: providers })),
      ...some(() => ({ ICD10DXCodeIds: diagnosesOf(random, picture) })),
      ...some(() => ({
        CustomFields: [{ FieldId: String(random.whole(1e6, 9e6)), ResponseValue: random.pick(['yes', 'no']) }],
      })),
      ...some(() => ({ FormType: setting === 'inpatient' && random.chance(0.2) ? 'TRANSFER' : 'INTAKE' })),
      ...some(() => ({ ReferClientId: `C${random.whole(10, 99)}` })),
      ...(planned && some(() => ({ EstimatedArrivalDateTime: timeText(random, start) }))),
      ...(inHouse && some(() => ({ EstimatedLengthOfStay: String(Math.max(Math.round(stay / DAY_MS), 1)) }))),
      ...(status !== 'finished' && some(() => ({ EstimatedDischargeDateTime: timeText(random, end) }))),
      ...some(() => ({ VisitorStatusId: inHouse ? random.pick(['FAMILY', 'NONE']) : 'NONE' })),
      ...some(() => ({ TreatmentPhaseId: setting === 'recurring' ? random.pick(['PHASE1', 'PHASE2']) : 'ENTRY' })),
      ...(inHouse && some(() => ({ PatientValuablesIds: random.pick(['WATCH', 'GLASSES', 'RING']) }))),
      ...some(() => ({ ContributorSystemId: profile === 'migration' ? 'MIGRATION' : planned ? 'SCHED' : 'REG' })),
    },
  }
}

/** Children lie in paediatrics; who is not in hospital has no room. */
function locationOf({ random, patient, picture, setting, day }: About, inHouse: boolean) {
  const child = inHouse && setting === 'inpatient' && ageOf(patient, day) < 18
  const UnitId = setting === 'emergency' ? 'ED' : child ? 'PEDS' : picture.unit
  return {
    UnitId,
    HospitalId: patient.hospitalId,
    ...(inHouse && random.chance(0.8) && { RoomId: String(random.whole(1, 4) * 100 + random.whole(1, 40)) }),
    ...(inHouse && random.chance(0.8) && { BedId: random.pick(['A', 'B', 'W', 'D']) }),
  }
}

/** HL7 v2 table 0023, the codes of UB-04: 1 a physician's referral, 2 a clinic, 4 another hospital, 6 another facility, 7 the emergency room. */
function sourceOf(random: Random, urgent: boolean): string {
  return urgent ? random.pick(['7', '7', '7', '4', '6']) : random.pick(['1', '1', '2'])
}

/** HL7 v2 table 0443: first who attends; the one who admits, refers or is consulted, and the family's physician. */
function providersOf(random: Random, seed: number, inHouse: boolean): Provider[] {
  const others = inHouse ? ['AD', 'CP', 'PP'] : ['RP', 'PP', 'FHCP']
  const types = ['AT', ...others.filter(() => random.chance(0.5))]
  const first = random.whole(0, 399)
  // a step that leads to another one each time
  return types.map((ProviderType, at) => ({
    ...providerAt(seed, first + at * 37),
    ProviderType,
    InternalSequence: String(at + 1),
  }))
}

/** One in ten without the dot, as billing systems write them. */
function diagnosesOf(random: Random, { diagnoses, besides = [] }: ClinicalPicture): string[] {
  const codes = [random.pick(diagnoses), ...besides.filter(() => random.chance(0.4))]
  return random.chance(0.1) ? codes.map((code) => code.replace('.', '')) : codes
}

/** Sometimes with the seven fractional digits that .NET writes. */
function timeText(random: Random, ms: number): string {
  const text = new Date(ms).toISOString()
  return random.chance(0.5) ? `${text.slice(0, 19)}.${String(random.whole(0, 9_999_999)).padStart(7, '0')}+00:00` : text
}
