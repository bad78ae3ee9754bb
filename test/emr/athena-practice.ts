import type { HttpCall, HttpReply } from './misbehaving-http.ts'

/** An appointment of a practice; `status` as athena's appointmentstatus: o, f, 2, 3, 4, x. */
export type AthenaAppointment = {
  appointmentid: string
  appointmentstatus: string
  patientid?: string
  departmentid: string
  providerid: string
  appointmenttypeid: string
}

/** An encounter of a practice. */
export type AthenaEncounter = {
  encounterid: string
  patientid: string
  departmentid: string
  providerid: string
  encountertype: 'ORDERSONLY' | 'VISIT'
  status: 'TEMP' | 'OPEN' | 'CLOSED' | 'DELETED'
  encounterdate: string
  appointmentid?: string
  note: string
  diagnoses: string[]
  /** Names of the orders placed. */
  orders: string[]
}

type Practice = {
  departments: string[]
  encounters: AthenaEncounter[]
  appointments: Map<string, AthenaAppointment>
  /** Whether a diagnosis needs a snomedcode, and which ICD-10 codes are refused. */
  diagnosisRules: { needsSnomed: boolean }
}
type Asked = { call: HttpCall; form: URLSearchParams; query: URLSearchParams; ids: string[] }
type Operation = (practice: Practice, asked: Asked) => HttpReply

/** athenaOne v1's behaviour for the calls that the connector makes, as far as its public documentation and use show. */
export const operations: [method: string, path: RegExp, Operation][] = [
  ['POST', /^chart\/([^/]+)\/ordergroups$/, createOrderGroup],
  ['GET', /^chart\/([^/]+)\/encounters$/, listEncounters],
  ['GET', /^chart\/encounter\/([^/]+)\/encounterreasons$/, readReasons],
  ['GET', /^chart\/encounter\/([^/]+)\/orders$/, readOrders],
  ['POST', /^chart\/encounter\/([^/]+)\/encounterreasonnote$/, writeNote],
  ['POST', /^chart\/encounter\/([^/]+)\/diagnoses$/, addDiagnosis],
  ['GET', /^appointments\/([^/]+)$/, readAppointment],
  ['PUT', /^appointments\/([^/]+)$/, bookAppointment],
  ['POST', /^appointments\/([^/]+)\/checkin$/, checkIn],
  ['GET', /^departments\/([^/]+)$/, readDepartment],
]

export const json = (status: number, body: unknown): HttpReply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
export const refuse = (status: number, error: string, more: object = {}) => json(status, { error, ...more })

export function dayOf(date: Date): string {
  const [year, month, day] = date.toISOString().slice(0, 10).split('-')
  return `${month}/${day}/${year}`
}

function missing(given: URLSearchParams, ...names: string[]): HttpReply | undefined {
  const missingfields = names.filter((name) => !given.get(name)).map((name) => name.toUpperCase())
  if (missingfields.length > 0) return refuse(400, 'Additional fields are required.', { missingfields })
  return undefined
}

function add(
  practice: Practice,
  made: Omit<AthenaEncounter, 'encounterid' | 'encounterdate' | 'note' | 'diagnoses' | 'orders'>,
) {
  const encounterid = String(62_020 + practice.encounters.length)
  practice.encounters.push({
    ...made,
    encounterid,
    encounterdate: dayOf(new Date()),
    note: '',
    diagnoses: [],
    orders: [],
  })
  return encounterid
}

function createOrderGroup(practice: Practice, { form, ids: [patientid = ''] }: Asked): HttpReply {
  const lacking = missing(form, 'departmentid')
  if (lacking) return lacking
  const departmentid = form.get('departmentid') ?? ''
  if (!practice.departments.includes(departmentid)) return refuse(404, 'The department does not exist.')
  // if absent, a provider of the department is picked
  const providerid = form.get('orderingproviderid') ?? '71'
  const encounterid = add(practice, {
    patientid,
    departmentid,
    providerid,
    encountertype: 'ORDERSONLY',
    status: 'TEMP',
  })
  return json(200, { encounterid: Number(encounterid), success: true })
}

function listEncounters(practice: Practice, { query, ids: [patientid] }: Asked): HttpReply {
  const lacking = missing(query, 'departmentid')
  if (lacking) return lacking
  const wanted = (name: keyof AthenaEncounter, value: string | undefined) => [null, value].includes(query.get(name))
  const day = (text: string) => text.slice(6) + text.slice(0, 2) + text.slice(3, 5)
  const found = practice.encounters.filter(
    (each) =>
      each.patientid === patientid &&
      wanted('appointmentid', each.appointmentid) &&
      (query.get('showallstatuses') === 'true' || each.status !== 'TEMP') &&
      day(each.encounterdate) >= day(query.get('startdate') ?? '01/01/1900') &&
      day(each.encounterdate) <= day(query.get('enddate') ?? '01/01/2999'),
  )
  const withDiagnoses = query.get('showdiagnoses') === 'true'
  const encounters = found.map((each) => shown(each, withDiagnoses))
  return json(200, { encounters, totalcount: encounters.length })
}

function shown(
  { note: _note, patientid: _patient, orders: _orders, diagnoses: codes, ...known }: AthenaEncounter,
  withDiagnoses: boolean,
) {
  const diagnoses = codes.map((code) => ({ icdcodes: [{ code, codeset: 'ICD10' }], snomedcode: '29857009' }))
  return withDiagnoses ? { ...known, diagnoses } : known
}

function onEncounter(practice: Practice, id: string | undefined, act: (encounter: AthenaEncounter) => HttpReply) {
  const encounter = practice.encounters.find(({ encounterid }) => encounterid === id)
  return encounter ? act(encounter) : refuse(404, 'The encounter does not exist.')
}

function readReasons(practice: Practice, { ids: [id] }: Asked): HttpReply {
  return onEncounter(practice, id, ({ note }) =>
    json(200, { encounterreasons: [], ...(note && { encounterreasonnote: note }) }),
  )
}

/** By diagnosis; empty for an encounter without orders. */
function readOrders(practice: Practice, { ids: [id] }: Asked): HttpReply {
  return onEncounter(practice, id, ({ orders }) =>
    json(200, orders.length === 0 ? [] : [{ diagnosis: 'Cough', orders: orders.map((name) => ({ ordertype: name })) }]),
  )
}

function writeNote(practice: Practice, { form, ids: [id] }: Asked): HttpReply {
  return onEncounter(practice, id, (encounter) => {
    const text = form.get('notetext') ?? ''
    encounter.note = form.get('appendtext') === 'true' ? `${encounter.note}\n${text}` : text
    return json(200, { success: true })
  })
}

function addDiagnosis(practice: Practice, { form, ids: [id] }: Asked): HttpReply {
  return onEncounter(practice, id, (encounter) => {
    const code = form.get('icd10codes') ?? ''
    const lacking = practice.diagnosisRules.needsSnomed ? missing(form, 'snomedcode') : undefined
    if (lacking) return lacking
    if (!/^[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?$/.test(code)) return refuse(400, `The code ${code} is invalid.`)
    if (encounter.diagnoses.includes(code)) return refuse(400, 'Diagnosis already present.')
    encounter.diagnoses.push(code)
    return json(200, { diagnosisid: '23167', success: true })
  })
}

function onAppointment(practice: Practice, id: string | undefined, act: (appointment: AthenaAppointment) => HttpReply) {
  const appointment = practice.appointments.get(id ?? '')
  return appointment ? act(appointment) : refuse(404, 'The appointment does not exist.')
}

function readAppointment(practice: Practice, { ids: [id] }: Asked): HttpReply {
  return onAppointment(practice, id, (appointment) => json(200, [appointment]))
}

function bookAppointment(practice: Practice, { form, ids: [id] }: Asked): HttpReply {
  return onAppointment(practice, id, (appointment) => {
    const lacking = missing(form, 'patientid', 'appointmenttypeid')
    if (lacking) return lacking
    if (appointment.appointmentstatus !== 'o') return refuse(409, 'The slot is not open.')
    appointment.appointmentstatus = 'f'
    appointment.patientid = form.get('patientid') ?? ''
    appointment.appointmenttypeid = form.get('appointmenttypeid') ?? ''
    return json(200, [appointment])
  })
}

function checkIn(practice: Practice, { ids: [id] }: Asked): HttpReply {
  return onAppointment(practice, id, (appointment) => {
    if (appointment.appointmentstatus !== 'f') return refuse(400, 'The appointment cannot be checked in.')
    appointment.appointmentstatus = '2'
    const { appointmentid, patientid = '', departmentid, providerid } = appointment
    add(practice, { patientid, departmentid, providerid, appointmentid, encountertype: 'VISIT', status: 'OPEN' })
    return json(200, { success: true })
  })
}

function readDepartment(practice: Practice, { ids: [id = ''] }: Asked): HttpReply {
  return practice.departments.includes(id) ? json(200, [{ departmentid: id }]) : refuse(404, 'No such department.')
}
