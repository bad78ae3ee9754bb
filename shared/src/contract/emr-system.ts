import { oneOf } from './schema-forms.ts'
import type { Static } from '@sinclair/typebox'

/** Every EMRSystem a URL may name, spelled as in the URL and in every reply. */
export const emrSystems = ['Allscripts', 'Athena', 'Cerner', 'Epic', 'Meditech', 'Sandbox'] as const

/** The EMR an encounter is created in. */
export const EmrSystem = oneOf(emrSystems, { description: 'The EMR the encounter is created in.' })
export type EmrSystem = Static<typeof EmrSystem>

/** Reads an EMRSystem whatever its letter case, as it stands in a URL; `undefined` if there is none of that name. */
export function parseEmrSystem(text: string): EmrSystem | undefined {
  const wanted = text.toLowerCase()
  return emrSystems.find((system) => system.toLowerCase() === wanted)
}

/** The systems for which LoginId and Password are required; Epic takes encounters without a user's login. */
export const systemsThatNeedLogin: readonly EmrSystem[] = ['Allscripts', 'Athena', 'Cerner', 'Meditech', 'Sandbox']
