/** A MagicJson call as received. */
export type MagicCall = {
  Action: string
  AppUserID: string
  Appname: string
  PatientID: string
  Token: string
  Data: string
  parameters: string[]
}

/** An encounter as TouchWorks stores it; `when` as it was sent. */
export type UnityEncounter = { id: string; patientId: string; user: string; type: string; when: string }

type Action = (kept: UnityEncounter[], asked: MagicCall) => unknown

/** The effects of the actions that the connector calls, as far as public code and documentation show. */
export const actions: Record<string, Action> = {
  SaveSimpleEncounter: (kept, asked) => {
    const [type = '', when = ''] = asked.parameters
    const error = faultIn(asked)
    if (error) return error
    return [{ savesimpleencounterinfo: [{ EncounterID: add(kept, asked, type, when), Status: 'OK' }] }]
  },
  // force_new_encounter and match_provider_flag are Parameter3 and Parameter4
  GetEncounter: (kept, asked) => {
    const [type = '', when = '', force] = asked.parameters
    const error = faultIn(asked)
    if (error) return error
    const there = kept.find((e) => e.patientId === asked.PatientID && e.type === type && e.when === when)
    const id = there && force !== 'Y' ? there.id : add(kept, asked, type, when)
    return [{ getencounterinfo: [{ Encounterid: Number(id), EncounterType: type }] }]
  },
  // an action of a site's own, with its parameters in another order
  SaveVisit: (kept, asked) => {
    const [when = '', type = ''] = asked.parameters
    return [{ savevisitinfo: [{ ID: add(kept, asked, type, when) }] }]
  },
  // type, when, days ahead, whether past ones too
  GetEncounterList: (kept, { PatientID, parameters: [type, when = '', ahead = '0', past = 'Y'] }) => {
    const first = Date.parse(when)
    const last = first + (Number(ahead) + 1) * 86_400_000
    const found = kept.filter((encounter) => {
      const at = Date.parse(encounter.when)
      return encounter.patientId === PatientID && encounter.type === type && at < last && (past === 'Y' || at >= first)
    })
    return [{ getencounterlistinfo: found.map(listed) }]
  },
}

function faultIn({ PatientID, parameters: [type, when = ''] }: MagicCall): unknown {
  if (!PatientID) return [{ Error: 'Magic Error - PatientID is invalid.' }]
  if (!type) return [{ Error: 'Magic Error - Encounter type is invalid.' }]
  return Number.isNaN(Date.parse(when)) ? [{ Error: 'Magic Error - Date of service is invalid.' }] : undefined
}

function add(kept: UnityEncounter[], { PatientID: patientId, AppUserID: user }: MagicCall, type: string, when: string) {
  const id = String(880_100 + kept.length)
  kept.push({ id, patientId, user, type, when })
  return id
}

/** Times in a list are SQL Server's, to the minute: `Dec 12 2025  8:56PM`. */
function listed({ id, patientId, type, when }: UnityEncounter) {
  const at = new Date(when)
  const month = at.toLocaleString('en-US', { month: 'short' })
  const hour = `${at.getHours() % 12 || 12}:${String(at.getMinutes()).padStart(2, '0')}${at.getHours() < 12 ? 'AM' : 'PM'}`
  const DTTM = `${month} ${String(at.getDate()).padStart(2)} ${at.getFullYear()} ${hour.padStart(7)}`
  return {
    patientid: patientId,
    ID: id,
    DTTM,
    VisitID: '',
    PerformingProviderID: '12',
    ApptComment: '',
    EncounterType: type,
  }
}
