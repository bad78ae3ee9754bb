import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { refused } from '../emr-error.ts'
import { notCarried, valuesOf, type Carried } from '../carried/not-carried.ts'
import { localTime, written, type LocalTime } from './date-time.ts'
import type { Settings } from './options.ts'

/** Where in a MagicJson call each field goes, with the default parameters of a connection. */
export const carried = {
  '/UserId': 'AppUserID, if it is the LoginId',
  '/PatientId': 'PatientID',
  '/PatientIdType': 'checked against patientIdTypes',
  '/Encounter/EncounterTypeId': 'Parameter1 (encounter type)',
  '/Encounter/EncounterDateTime': 'Parameter2 (date of service, to the second)',
} as const satisfies Carried

const names = ['parameter1', 'parameter2', 'parameter3', 'parameter4', 'parameter5', 'parameter6'] as const
const TYPE = '/Encounter/EncounterTypeId'
const WHEN = '/Encounter/EncounterDateTime'
/** By action: fields of the request, and texts. GetEncounter must not force a new encounter, nor match the provider. */
const byDefault: Record<string, string[]> = { GetEncounter: [TYPE, WHEN, 'N', 'N'] }
const forAnyAction = [TYPE, WHEN]

/** The content of Parameter1 to Parameter6: a field of the request, a text, or nothing. */
export function sourcesOf(settings: Settings): string[] {
  const defaults = byDefault[settings.action] ?? forAnyAction
  return names.map((name, index) => settings[name] ?? defaults[index] ?? '')
}

/** The EMR's own number of the patient. Throws `EmrError` 400 if the request marks it as a number of another kind. */
export function patientIdOf({ PatientId, PatientIdType }: PatientEncounter, { patientIdTypes }: Settings): string {
  if (PatientIdType !== undefined && !patientIdTypes.includes(PatientIdType)) {
    const message = "this connection accepts only the EMR's own patient numbers"
    throw refused(400, { because: message, pointers: ['/PatientIdType'] })
  }
  return PatientId
}

/** What an encounter is found again by, since Unity has no place for a key: its type and its time. */
export type Occasion = { type: string; when: LocalTime }

/** Throws `EmrError` 400 for a request without them: its encounter could not be found again. */
export function occasionOf({ Encounter }: PatientEncounter, { encounterType, timeZone }: Settings): Occasion {
  const type = Encounter.EncounterTypeId || encounterType
  const when = Encounter.EncounterDateTime
  if (type && when) return { type, when: localTime(when, timeZone) }
  const lacking = [...(type ? [] : [TYPE]), ...(when ? [] : [WHEN])]
  throw refused(400, { because: 'this EMR requires a type and a time for each encounter', pointers: lacking })
}

/** Parameter1 to Parameter6 of the action that creates the encounter. */
export function parametersOf(encounter: PatientEncounter, settings: Settings): string[] {
  const { type, when } = occasionOf(encounter, settings)
  const values = new Map(valuesOf(encounter).map(({ pointer, value }) => [pointer, value]))
  const time = (text: string) => written(localTime(text, settings.timeZone), settings.dateTimeFormat)
  return sourcesOf(settings).map((source) => {
    if (!source.startsWith('/')) return source
    if (source === TYPE) return type
    if (source === WHEN) return written(when, settings.dateTimeFormat)
    const value = values.get(source) ?? ''
    return source.endsWith('DateTime') && value ? time(value) : value
  })
}

/** The parts of the request that Unity does not get. */
export function notCarriedByUnity(encounter: PatientEncounter, settings: Settings, loginId: string): string[] {
  const sources = new Set(sourcesOf(settings))
  return notCarried(encounter, ({ path, value }) => {
    if (path === '/PatientId' || path === '/PatientIdType' || sources.has(path)) return true
    return path === '/UserId' && value === loginId
  })
}
