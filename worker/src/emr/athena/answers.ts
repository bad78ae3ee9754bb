import { unreadable } from '../emr-error.ts'
import { Type, type StaticDecode, type TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { jsonOf, type HttpAnswer } from '../http/exchange.ts'

/** athenaOne writes ids as strings in most places and as numbers in some. */
const Id = Type.Transform(Type.Union([Type.String({ pattern: '^[\\w-]{1,64}$' }), Type.Integer({ minimum: 0 })]))
  .Decode(String)
  .Encode((id) => id)

/** A value that is only compared: whatever it is, it does not make the answer unreadable. */
const Word = Type.Optional(
  Type.Transform(Type.Unknown())
    .Decode((value) => (typeof value === 'string' || typeof value === 'number' ? String(value) : ''))
    .Encode((value): unknown => value),
)

/** The answer to a new order group: the encounter that it created. */
export const OrderGroup = Type.Object({ encounterid: Id })

/** `appointmentstatus`: o open, f booked, 2 checked in, 3 checked out, 4 charge entered, x cancelled. */
export const Appointment = Type.Object({
  appointmentstatus: Id,
  patientid: Word,
  departmentid: Word,
  providerid: Word,
  appointmenttypeid: Word,
})
export type Appointment = StaticDecode<typeof Appointment>

/** An encounter as a list shows it. */
export const ListedEncounter = Type.Object({
  encounterid: Id,
  encountertype: Word,
  encounterdate: Word,
  status: Word,
  departmentid: Word,
  providerid: Word,
  appointmentid: Word,
  diagnoses: Type.Optional(
    Type.Array(
      Type.Object({
        icd10code: Word,
        icdcodes: Type.Optional(Type.Array(Type.Object({ code: Word }))),
      }),
    ),
  ),
})
export type ListedEncounter = StaticDecode<typeof ListedEncounter>

/** `next` is the position of the rest of a list that is too long for one answer. */
export const Encounters = Type.Object({ encounters: Type.Array(ListedEncounter), next: Word })

/** The reason for the visit, as recorded in the encounter. */
export const Reasons = Type.Object({ encounterreasonnote: Word })

const OrdersOfDiagnosis = Type.Object({ orders: Type.Array(Type.Unknown()) })

/** The orders of an encounter, by diagnosis; the only thing read is whether there are any. */
export const Orders = Type.Union([Type.Array(OrdersOfDiagnosis), OrdersOfDiagnosis])

/** Whether someone has placed an order in the encounter. */
export function hasOrders(orders: StaticDecode<typeof Orders>): boolean {
  return [orders].flat().some((ofOne) => ofOne.orders.length > 0)
}

/** The form in which some operations refuse with status 200. */
const Refused = Type.Object({ success: Type.Union([Type.Literal(false), Type.Literal('false')]) })

/** Codes of an encounter's diagnoses, as written there. */
export function codesOf({ diagnoses = [] }: ListedEncounter): string[] {
  return diagnoses
    .flatMap(({ icd10code = '', icdcodes = [] }) => [icd10code, ...icdcodes.map(({ code = '' }) => code)])
    .filter((code) => code !== '')
}

/** Whether an answer of status 200 reports that nothing was done. */
export function saysNo(answer: HttpAnswer): boolean {
  try {
    return Value.Check(Refused, unwrapped(answer))
  } catch {
    return false
  }
}

/**
 * The answer as JSON of that shape; where athenaOne wraps one object in an array, that object.
 * Throws `EmrError` 502 for anything else, with the outcome unknown if the request wrote.
 */
export function read<Shape extends TSchema>(answer: HttpAnswer, shape: Shape): StaticDecode<Shape> {
  const value = unwrapped(answer)
  if (!Value.Check(shape, value)) throw unreadable(answer.writes)
  return Value.Decode(shape, value)
}

function unwrapped(answer: HttpAnswer): unknown {
  const json = jsonOf(answer)
  return Array.isArray(json) && json.length === 1 ? json[0] : json
}
