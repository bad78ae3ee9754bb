import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { refused } from '../emr-error.ts'
import { notCarried, type Carried } from '../carried/not-carried.ts'
import type { Appointment } from './answers.ts'
import type { Settings } from './options.ts'

/** Where in athenaOne each field goes. What a route or an appointment cannot take is reported for each job. */
export const carried = {
  '/PatientId': 'patientid (path)',
  '/PatientIdType': 'checked against patientIdTypes',
  '/Encounter/AttendingProviderId': 'orderingproviderid; appointment: if it is the providerid already',
  '/Encounter/EncounterTypeId': 'appointment: appointmenttypeid when booking, or if it is that already',
  '/Encounter/Location/UnitId': 'departmentid, if departmentFrom is UnitId; appointment: if it is that already',
  '/Encounter/Location/HospitalId': 'departmentid, if departmentFrom is HospitalId; appointment: if it is that already',
  '/Encounter/EncounterAlias': 'appointment: appointmentid (path), unless appointmentCustomField is set',
  '/Encounter/CustomFields/*/FieldId': 'appointment: if it is appointmentCustomField',
  '/Encounter/CustomFields/*/ResponseValue': 'appointment: appointmentid (path), of appointmentCustomField',
  '/Encounter/ReasonForVisit': 'encounterreasonnote notetext',
  '/Encounter/ICD10DXCodeIds/*': 'diagnoses icd10codes',
} as const satisfies Carried

type Form = Record<string, string>

/** athena's number of the patient. Throws `EmrError` 400 if the request marks it as a number of another kind. */
export function patientIdOf({ PatientId, PatientIdType }: PatientEncounter, { patientIdTypes }: Settings): string {
  if (PatientIdType !== undefined && !patientIdTypes.includes(PatientIdType)) {
    const message = "this connection accepts only athena's own patient numbers"
    throw refused(400, { because: message, pointers: ['/PatientIdType'] })
  }
  return PatientId
}

export function departmentOf({ Encounter }: PatientEncounter, { departmentFrom, departmentId }: Settings): string {
  const named = departmentFrom === 'none' ? undefined : Encounter.Location?.[departmentFrom]
  return named || departmentId
}

/** The body of `POST /chart/{patientid}/ordergroups`. */
export function orderGroupForm(encounter: PatientEncounter, settings: Settings): Form {
  const provider = encounter.Encounter.AttendingProviderId
  return { departmentid: departmentOf(encounter, settings), ...(provider && { orderingproviderid: provider }) }
}

/** The appointment to check in, and where in the request it is named. Throws `EmrError` 400 if it is not named. */
export function appointmentOf({ Encounter }: PatientEncounter, { appointmentCustomField }: Settings) {
  const index = Encounter.CustomFields?.findIndex(({ FieldId }) => FieldId === appointmentCustomField) ?? -1
  const [id, pointer] =
    appointmentCustomField === undefined
      ? [Encounter.EncounterAlias, '/Encounter/EncounterAlias']
      : [Encounter.CustomFields?.[index]?.ResponseValue, '/Encounter/CustomFields']
  if (!id) throw refused(400, { because: 'the request does not name the appointment', pointers: [pointer] })
  return { id, pointer: index < 0 ? pointer : `${pointer}/${index}/ResponseValue` }
}

/** The body of `PUT /appointments/{appointmentid}`, which books an open slot. */
export function bookingForm(encounter: PatientEncounter, settings: Settings) {
  const type = encounter.Encounter.EncounterTypeId || settings.appointmentTypeId
  if (!type) {
    const message = 'the slot is open, and the request does not name the type of appointment to book'
    throw refused(400, { because: message, pointers: ['/Encounter/EncounterTypeId'] })
  }
  return {
    patientid: encounter.PatientId,
    appointmenttypeid: type,
    ignoreschedulablepermission: 'true',
    nopatientcase: 'true',
    donotsendconfirmationemail: 'true',
  }
}

/** The form of a key in a note, whichever job it belongs to. */
export const keysIn = (note: string) => [...note.matchAll(/\[ref ([a-z][0-9a-z]{19})\]/g)].map((match) => match[1])

/** The reason note; with `key` only if the encounter is found again by it. Empty if it has no content. */
export function noteOf({ Encounter }: PatientEncounter, key: string | undefined): string {
  return [Encounter.ReasonForVisit, key && `[ref ${key}]`].filter(Boolean).join(' ')
}

/** The body of `POST /chart/encounter/{encounterid}/diagnoses`. */
export function diagnosisForm(code: string, { snomedCodes }: Settings): Form {
  const snomed = Object.hasOwn(snomedCodes, code) ? snomedCodes[code] : undefined
  return { icd10codes: code, ...(snomed && { snomedcode: snomed }) }
}

/** Codes are the same with and without their dot. */
export const plainCode = (code: string) => code.replaceAll('.', '').toUpperCase()

/** What an encounter created by an order group lacks. `failed`: pointers of what athena refused afterwards. */
export function notCarriedByOrderGroup(
  encounter: PatientEncounter,
  { departmentFrom }: Settings,
  failed: ReadonlySet<string>,
) {
  const arriving = new Set([
    '/PatientId',
    '/PatientIdType',
    '/Encounter/AttendingProviderId',
    `/Encounter/Location/${departmentFrom}`,
    '/Encounter/ReasonForVisit',
    '/Encounter/ICD10DXCodeIds/*',
  ])
  return notCarried(encounter, ({ path, pointer }) => arriving.has(path) && !failed.has(pointer))
}

/** What an encounter created by checking in this appointment lacks. */
export function notCarriedByAppointment(
  encounter: PatientEncounter,
  settings: Settings,
  appointment: Appointment,
  failed: ReadonlySet<string>,
) {
  const named = appointmentOf(encounter, settings).pointer
  const arriving = new Set(['/PatientId', '/PatientIdType', '/Encounter/ReasonForVisit', '/Encounter/ICD10DXCodeIds/*'])
  const same = new Map([
    ['/Encounter/EncounterTypeId', appointment.appointmenttypeid],
    ['/Encounter/AttendingProviderId', appointment.providerid],
    [`/Encounter/Location/${settings.departmentFrom}`, appointment.departmentid],
  ])
  return notCarried(encounter, ({ path, pointer, value }) => {
    if (failed.has(pointer)) return false
    const isName = pointer === named || pointer === named.replace(/ResponseValue$/, 'FieldId')
    return arriving.has(path) || isName || same.get(path) === value
  })
}
