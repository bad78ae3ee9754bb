/**
 * Every EMRSystem, spelled as in URLs and replies, in listing order. `needsLogin`: LoginId and Password are required;
 * Epic accepts encounters without a user's login. Lists, types and texts are derived from this table.
 */
const table = {
  Allscripts: { needsLogin: true },
  Athena: { needsLogin: true },
  Cerner: { needsLogin: true },
  Epic: { needsLogin: false },
  Meditech: { needsLogin: true },
  Sandbox: { needsLogin: true },
} as const satisfies Record<string, { needsLogin: boolean }>

/** The names of all EMR systems. */
export const emrSystems = Object.keys(table) as readonly EmrSystem[]

/** The EMR in which an encounter is created. */
export type EmrSystem = keyof typeof table

/** `Allscripts, Athena, ... or Sandbox`, for texts. */
export const emrSystemsInWords = either(emrSystems)

/** The systems that accept an encounter without a user's login, for texts. */
export const systemsWithoutLoginInWords = either(emrSystems.filter((system) => !table[system].needsLogin))

/** Parses an EMRSystem from a URL, ignoring letter case; `undefined` for an unknown name. */
export function parseEmrSystem(text: string): EmrSystem | undefined {
  const wanted = text.toLowerCase()
  return emrSystems.find((system) => system.toLowerCase() === wanted)
}

/** Whether LoginId and Password are required for this system. */
export function needsLogin(emrSystem: EmrSystem): boolean {
  return table[emrSystem].needsLogin
}

/** `A, B or C`; an `Intl.ListFormat` would cost every process 25 ms at its start. */
function either(names: readonly string[]): string {
  const [last = '', ...others] = names.toReversed()
  return others.length === 0 ? last : `${others.toReversed().join(', ')} or ${last}`
}
