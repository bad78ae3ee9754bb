import { oneOf } from './schema-forms.ts'
import type { Static } from '@sinclair/typebox'

/**
 * Every EMRSystem a URL may name, spelled as in the URL and in every reply, in the order in which it is listed. `needsLogin`: LoginId and
 * Password are required; Epic takes encounters without a user's login. Lists, types and texts come from this table.
 */
const table = {
  Allscripts: { needsLogin: true },
  Athena: { needsLogin: true },
  Cerner: { needsLogin: true },
  Epic: { needsLogin: false },
  Meditech: { needsLogin: true },
  Sandbox: { needsLogin: true },
} as const satisfies Record<string, { needsLogin: boolean }>

/** The names of the table. */
export const emrSystems = Object.keys(table) as readonly (keyof typeof table)[]

/** The EMR an encounter is created in. */
export const EmrSystem = oneOf(emrSystems, { description: 'The EMR the encounter is created in.' })
export type EmrSystem = Static<typeof EmrSystem>

const either = new Intl.ListFormat('en-GB', { type: 'disjunction' })

/** `Allscripts, Athena, ... or Sandbox`, for texts. */
export const emrSystemsInWords = either.format(emrSystems)

/** The systems that take an encounter without a user's login, for texts. */
export const systemsWithoutLoginInWords = either.format(emrSystems.filter((system) => !table[system].needsLogin))

/** Reads an EMRSystem whatever its letter case, as it stands in a URL; `undefined` if there is none of that name. */
export function parseEmrSystem(text: string): EmrSystem | undefined {
  const wanted = text.toLowerCase()
  return emrSystems.find((system) => system.toLowerCase() === wanted)
}

/** Whether LoginId and Password are required for this system. */
export function needsLogin(emrSystem: EmrSystem): boolean {
  return table[emrSystem].needsLogin
}
