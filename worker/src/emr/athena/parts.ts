import { setTimeout as delay } from 'node:timers/promises'
import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { EncounterOrder } from '../emr.ts'
import { EmrError } from '../emr-error.ts'
import type { AthenaApi, Caller, Write } from './api.ts'
import { diagnosisForm, noteOf, plainCode } from './encounter.ts'
import type { Settings } from './options.ts'

/** A longer wait than this, requested by a quota, is not made: the part counts as refused. */
const LONGEST_WAIT_MS = 2_000

/** What an encounter already has. */
export type Standing = { note: string; diagnoses: string[] }

/** What `complete` writes into an encounter that has neither note nor diagnoses. */
export function partsOf(
  encounter: PatientEncounter,
  settings: Settings,
  key: string | undefined,
): Omit<Write, 'creates'>[] {
  const note = noteOf(encounter, key)
  const codes = new Map((encounter.Encounter.ICD10DXCodeIds ?? []).map((code) => [plainCode(code), code]))
  const write = (part: string, form: Record<string, string>) => ({
    method: 'POST' as const,
    path: `chart/encounter/(encounter id)/${part}`,
    form,
  })
  return [
    ...(note === '' ? [] : [write('encounterreasonnote', { notetext: note, appendtext: 'false' })]),
    ...[...codes.values()].map((code) => write('diagnoses', diagnosisForm(code, settings))),
  ]
}

/**
 * Adds to an encounter what it lacks: the reason note first, since our key is in it, then each diagnosis. Nothing
 * already there is overwritten or written twice. Never throws, since the encounter exists whatever happens to its
 * parts: returns the pointers of those that athena does not have.
 */
export async function complete(
  api: AthenaApi,
  settings: Settings,
  made: { order: EncounterOrder; encounterId: string; standing: Standing; key: string | undefined },
  caller: Caller,
): Promise<Set<string>> {
  const { encounterId, standing, key } = made
  const { encounter } = made.order
  const failed = new Set<string>()
  const chart = `chart/encounter/${encodeURIComponent(encounterId)}`
  const attempt = async (part: string, pointer: string, form: Record<string, string>) => {
    const write = { method: 'POST', path: `${chart}/${part}`, form, creates: false } as const
    try {
      await onceMoreAfterQuota(api, write, caller)
    } catch (error) {
      const code = error instanceof EmrError ? error.code : 500
      caller.call.log.warn({ part, code }, 'athena.partNotCarried')
      failed.add(pointer)
    }
  }

  const note = noteOf(encounter, key)
  const reason = encounter.Encounter.ReasonForVisit ?? ''
  if (standing.note === '' && note !== '') {
    await attempt('encounterreasonnote', '/Encounter/ReasonForVisit', { notetext: note, appendtext: 'false' })
  } else if (!standing.note.includes(reason)) failed.add('/Encounter/ReasonForVisit')

  const there = new Set(standing.diagnoses.map(plainCode))
  for (const [index, code] of (encounter.Encounter.ICD10DXCodeIds ?? []).entries()) {
    if (there.has(plainCode(code))) continue
    const pointer = `/Encounter/ICD10DXCodeIds/${index}`
    await attempt('diagnoses', pointer, diagnosisForm(code, settings))
    if (!failed.has(pointer)) there.add(plainCode(code))
  }
  return failed
}

async function onceMoreAfterQuota(api: AthenaApi, write: Write, caller: Caller): Promise<void> {
  try {
    await api.write(write, caller)
  } catch (error) {
    const waitMs = error instanceof EmrError ? error.retryAfterMs : undefined
    if (waitMs === undefined || waitMs > LONGEST_WAIT_MS) throw error
    await delay(waitMs, undefined, { signal: caller.call.signal })
    await api.write(write, caller)
  }
}
