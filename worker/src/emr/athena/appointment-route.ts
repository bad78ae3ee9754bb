import { cancelledSince } from '../claim.ts'
import type { EmrCall, EncounterFound, EncounterOrder, Rendered } from '../emr.ts'
import { refused, brokenOff, EmrError } from '../emr-error.ts'
import { Appointment, Encounters, Reasons, codesOf, type ListedEncounter } from './answers.ts'
import { previewOf, segment, type AthenaApi, type Caller } from './api.ts'
import { isDeleted } from './match.ts'
import { appointmentOf, bookingForm, departmentOf, notCarriedByAppointment, patientIdOf } from './encounter.ts'
import type { Settings } from './options.ts'
import { complete, partsOf } from './parts.ts'
import type { Route } from './route.ts'

const OPEN = 'o'
const BOOKED = 'f'
const CHECKED_IN: ReadonlySet<string> = new Set(['2', '3', '4'])

/** The appointment that an order is for: its state and its path. */
type Visit = { id: string; path: string; patient: string; appointment: Appointment }

/**
 * A visit: checking in an appointment creates its encounter. The appointment is the key: it has one encounter or none,
 * so an encounter that the front desk created meanwhile by checking the patient in is the requested one.
 */
export class AppointmentRoute implements Route {
  readonly #api: AthenaApi
  readonly #settings: Settings

  constructor(api: AthenaApi, settings: Settings) {
    this.#api = api
    this.#settings = settings
  }

  async create(order: EncounterOrder, call: EmrCall): Promise<EncounterFound> {
    const caller = { credentials: order.credentials, call }
    const visit = await this.#visitOf(order, caller)
    const booked = visit.appointment.appointmentstatus === OPEN ? await this.#book(visit, order, caller) : visit
    if (booked.appointment.appointmentstatus === BOOKED) await this.#checkIn(booked, order, caller)
    const encounter = await this.#encounterOf(booked, order, caller).catch(existsUnseen)
    if (!encounter) throw notShownYet(true)
    return this.#finish(booked, encounter, order, caller)
  }

  /** As if the appointment were booked already, with the type, clinician and department of the request. */
  render({ encounter }: Pick<EncounterOrder, 'encounter'>): Rendered {
    segment(patientIdOf(encounter, this.#settings), '/PatientId')
    const { id, pointer } = appointmentOf(encounter, this.#settings)
    const checkIn = { method: 'POST' as const, path: `appointments/${segment(id, pointer)}/checkin`, form: {} }
    const { Encounter } = encounter
    const appointment: Appointment = {
      appointmentstatus: BOOKED,
      patientid: encounter.PatientId,
      appointmenttypeid: Encounter.EncounterTypeId ?? '',
      providerid: Encounter.AttendingProviderId ?? '',
      departmentid: departmentOf(encounter, this.#settings),
    }
    return {
      messages: [checkIn, ...partsOf(encounter, this.#settings, undefined)].map(previewOf),
      notCarried: notCarriedByAppointment(encounter, this.#settings, appointment, new Set()),
    }
  }

  async find(order: EncounterOrder, call: EmrCall): Promise<EncounterFound | undefined> {
    const caller = { credentials: order.credentials, call }
    const visit = await this.#visitOf(order, caller)
    const encounter = await this.#encounterOf(visit, order, caller)
    if (encounter) return this.#finish(visit, encounter, order, caller)
    if (CHECKED_IN.has(visit.appointment.appointmentstatus)) throw notShownYet(false)
    return undefined
  }

  /** Reads the appointment. Throws `EmrError` 400 if it is cancelled or belongs to another patient. */
  async #visitOf({ encounter }: EncounterOrder, caller: Caller): Promise<Visit> {
    const patient = segment(patientIdOf(encounter, this.#settings), '/PatientId')
    const { id, pointer } = appointmentOf(encounter, this.#settings)
    const path = `appointments/${segment(id, pointer)}`
    const appointment = await this.#api.get(path, {}, Appointment, caller)
    const { appointmentstatus: status, patientid } = appointment
    if (status !== OPEN && status !== BOOKED && !CHECKED_IN.has(status))
      throw refused(400, { because: 'the appointment is cancelled', pointers: [pointer] })
    if (status !== OPEN && patientid !== encounter.PatientId)
      throw refused(400, { because: 'the appointment belongs to another patient', pointers: ['/PatientId', pointer] })
    return { id, path, patient, appointment }
  }

  async #book(visit: Visit, { encounter }: EncounterOrder, caller: Caller): Promise<Visit> {
    const form = bookingForm(encounter, this.#settings)
    const { appointmenttypeid } = form
    await this.#api.write({ method: 'PUT', path: visit.path, form, creates: false }, caller)
    const appointment = { ...visit.appointment, appointmentstatus: BOOKED, appointmenttypeid }
    return { ...visit, appointment }
  }

  async #checkIn(visit: Visit, order: EncounterOrder, caller: Caller): Promise<void> {
    const write = { method: 'POST', path: `${visit.path}/checkin`, form: {}, creates: true } as const
    try {
      await this.#api.write(write, caller)
    } catch (error) {
      if (!(error instanceof EmrError) || error.code !== 400) throw error
      const { appointment } = await this.#visitOf(order, caller)
      // Refused because someone else was quicker: then the encounter exists all the same.
      if (CHECKED_IN.has(appointment.appointmentstatus)) return
      const { pointer } = appointmentOf(order.encounter, this.#settings)
      throw refused(400, { because: 'the EMR does not allow checking in the appointment yet', pointers: [pointer] })
    }
  }

  async #encounterOf(visit: Visit, order: EncounterOrder, caller: Caller): Promise<ListedEncounter | undefined> {
    const departmentid = visit.appointment.departmentid || departmentOf(order.encounter, this.#settings)
    const query = { appointmentid: visit.id, departmentid, showallstatuses: 'true', showdiagnoses: 'true' }
    const { encounters } = await this.#api.get(`chart/${visit.patient}/encounters`, query, Encounters, caller)
    // Checked again here: a server that ignores the query would return another visit, or an order group.
    const ours = encounters.filter(({ appointmentid, encountertype }) =>
      appointmentid ? appointmentid === visit.id : encountertype !== 'ORDERSONLY',
    )
    const [standing, ...more] = ours.filter((one) => !isDeleted(one))
    if (more.length > 0) caller.call.log.warn({ encounters: more.length + 1 }, 'emr.duplicate')
    if (!standing && ours.length > 0) throw cancelledSince()
    return standing
  }

  async #finish(visit: Visit, encounter: ListedEncounter, order: EncounterOrder, caller: Caller) {
    const encounterId = encounter.encounterid
    const reasons = await this.#api
      .get(`chart/encounter/${encounterId}/encounterreasons`, {}, Reasons, caller)
      // The present content is unknown, so nothing is overwritten.
      .catch(() => ({ encounterreasonnote: '?' }))
    const standing = { note: reasons.encounterreasonnote ?? '', diagnoses: codesOf(encounter) }
    const made = { order, encounterId, standing, key: undefined }
    const failed = await complete(this.#api, this.#settings, made, caller)
    const NotCarried = notCarriedByAppointment(order.encounter, this.#settings, visit.appointment, failed)
    const Identifier = { Code: 'APPOINTMENT', Description: 'Appointment in athenaOne', Value: visit.id }
    return { EncounterId: encounterId, AlternativeIdentifiers: [Identifier], NotCarried }
  }
}

/** Checked in, so the encounter exists, but the list does not show it. */
function notShownYet(writes: boolean): EmrError {
  const message = 'the EMR has checked the patient in, but does not show the encounter yet'
  return brokenOff({ writes }, message)
}

/** For a question that fails after the patient was checked in: its own error would claim that nothing was created. */
function existsUnseen(error: unknown): never {
  if (!(error instanceof EmrError)) throw error
  const wait = error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }
  const message = 'the EMR has checked the patient in, but the encounter could not be read'
  throw new EmrError(error.code === 408 ? 408 : 502, message, { outcomeUnknown: true, ...wait })
}
