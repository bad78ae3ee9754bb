import type { ParsedMessage } from './hl7v2-parser.ts'

/** Whether a message holds a value of the request, read as a registration clerk's screen would show it. */
export function holds(message: ParsedMessage, pointer: string, value: string): boolean {
  const [, first = '', second = '', ...rest] = pointer.split('/')
  if (first !== 'Encounter') return holdsAt(message, outside[first], value)
  const [index = '', ...names] = rest
  if (second === 'Location') return holdsAt(message, location[index], value)
  if (second === 'ICD10DXCodeIds') return plain(message.value('DG1-3.1', Number(index))) === plain(value)
  if (second === 'Insurances') return insuranceHolds(message, Number(index), names, value)
  if (second === 'ProvidersType') return providerHolds(message, Number(index), names, value)
  if (second === 'CustomFields') return customHolds(message, 'ZCF', Number(index), names[0], value)
  if (second === 'EncounterStatusId') return statusHolds(message, value)
  return holdsAt(message, encounter[second], value)
}

/** Without the dot of ICD-10-CM. */
const plain = (code: string) => code.replaceAll('.', '')

const outside: Record<string, string[]> = { UserId: ['EVN-5.1'], PatientId: ['PID-3.1'], PatientIdType: ['PID-3.5'] }
const location: Record<string, string[]> = {
  UnitId: ['PV1-3.1'],
  RoomId: ['PV1-3.2'],
  BedId: ['PV1-3.3'],
  HospitalId: ['PV1-3.4'],
}
const encounter: Record<string, string[]> = {
  EncounterDateTime: ['PV1-44', 'EVN-3'],
  AttendingProviderId: ['PV1-7.1'],
  DischargeDateTime: ['PV1-45', 'PV2-9'],
  EncounterTypeId: ['PV1-4', 'PV1-18'],
  MedicalServiceId: ['PV1-10'],
  ReasonForVisit: ['PV2-3.2'],
  PatientClassId: ['PV1-2'],
  AdmitPriorityId: ['PV2-25', 'PV1-4'],
  AdmitSourceId: ['PV1-14'],
  EncounterAlias: ['PV1-19.1', 'PV1-5.1'],
  GuarantorId: ['GT1-2.1'],
  GuarantorTypeId: ['GT1-10'],
  GuarantorRelationshipToPatientId: ['GT1-11.1'],
  FinancialNumber: ['PID-18.1'],
  FormType: ['ZEG-2'],
  ReferClientId: ['PV2-23.10'],
  EstimatedArrivalDateTime: ['PV2-8'],
  EstimatedLengthOfStay: ['PV2-10'],
  EstimatedDischargeDateTime: ['PV2-9'],
  VisitorStatusId: ['ZEG-3'],
  TreatmentPhaseId: ['ZEG-4'],
  PatientValuablesIds: ['PV2-5'],
  ContributorSystemId: ['MSH-3.1'],
}
const insurance: Record<string, string[]> = {
  CompanyId: ['IN1-3.1'],
  CompanyName: ['IN1-4.1'],
  HealthPlanId: ['IN1-2.1'],
  GroupName: ['IN1-9.1'],
  GroupNumber: ['IN1-8'],
  EligibilityStatusId: ['IN1-45'],
  EligibilityStatusDate: ['IN1-29'],
  SubscriberId: ['IN1-49.1'],
  PolicyNumber: ['IN1-36'],
  SubscriberRelationshipToPatientId: ['IN1-17.1'],
}
/** Components of XAD and XTN. */
const address: Record<string, number> = { Address1: 1, City: 3, State: 4, ZIP: 5, Country: 6, TypeId: 7, County: 9 }
const phone: Record<string, number> = { Number: 1, TypeId: 2, Extension: 8 }
const classes: Record<string, string> = { IMP: 'I', ACUTE: 'I', EMER: 'E', AMB: 'O', PRENC: 'P' }

function holdsAt(message: ParsedMessage, names: string[] = [], value: string, segment = 0): boolean {
  return names.some((name) => same(message.value(name, segment), value, name))
}

function same(held: string, sent: string, name: string): boolean {
  if (name === 'PV1-2') return held === (Object.hasOwn(classes, sent) ? classes[sent] : sent)
  return held === sent || (held !== '' && instantOf(held) === instantOf(sent))
}

/** Of TS or RFC 3339, to the 100 microseconds that TS can express. */
function instantOf(text: string): string | undefined {
  const ts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?([+-]\d\d)(\d\d)$/.exec(text)
  const [, y, mo, d, h, mi, s, fraction = '', zh, zm] = ts ?? []
  const rfc = ts ? `${y}-${mo}-${d}T${h}:${mi}:${s}${fraction}${zh}:${zm}` : text
  const [, seconds = '', digits = '', zone = ''] = /^(\S{19})(?:\.(\d+))?(\S+)$/.exec(rfc) ?? []
  const at = Date.parse(seconds + zone)
  return Number.isNaN(at) ? undefined : `${at} ${digits.padEnd(4, '0').slice(0, 4)}`
}

function statusHolds(message: ParsedMessage, status: string): boolean {
  const event = message.value('MSH-9.2')
  if (status === 'planned') return event === 'A05'
  if (['arrived', 'triaged', 'in-progress'].includes(status)) return event !== 'A05'
  if (status === 'finished') return message.value('PV1-45') !== ''
  return message.value('PV2-24') === status
}

function addressHolds(message: ParsedMessage, field: string, segment: number, name: string, value: string): boolean {
  const second = message.value(`${field}.2`, segment)
  if (name === 'Address2') return second === value || second.startsWith(`${value}, `)
  if (name === 'Address3') return second === value || second.endsWith(`, ${value}`)
  return message.value(`${field}.${address[name]}`, segment) === value
}

function insuranceHolds(message: ParsedMessage, index: number, names: string[], value: string): boolean {
  const [name = '', second = '', third = ''] = names
  if (name === 'Address') return addressHolds(message, 'IN1-5', index, second, value)
  if (name === 'Phones') {
    const at = third === 'Contact' ? 'IN1-6.1' : `IN1-7.${phone[third]}`
    return message.value(at, index, Number(second)) === value
  }
  if (name === 'CustomFields') {
    const mine = message.all('ZIN').filter((segment) => segment.fields[2]?.[0]?.[0]?.[0] === String(index + 1))
    return mine[Number(second)]?.fields[third === 'FieldId' ? 3 : 4]?.[0]?.[0]?.[0] === value
  }
  if (name === 'Subscriber') return nameHolds(message, index, value)
  if (name === 'PatientRelationshipToSubscriber') {
    return inverses[value]?.includes(message.value('IN1-17.1', index)) ?? false
  }
  return holdsAt(message, insurance[name], value, index)
}

/** The subscriber's possible relationships to a patient with this one to the subscriber: HL7 table 0063. */
const inverses: Record<string, string[]> = {
  SEL: ['SEL'],
  SPO: ['SPO'],
  CHD: ['PAR', 'MTH', 'FTH'],
  PAR: ['CHD'],
  WRD: ['GRD'],
}

/** The whole name as the family name, or both parts of `family, given`. */
function nameHolds(message: ParsedMessage, index: number, value: string): boolean {
  const [family, given] = ['IN1-16.1', 'IN1-16.2'].map((at) => message.value(at, index))
  const comma = value.indexOf(',')
  const parts = [value.slice(0, comma).trim(), value.slice(comma + 1).trim()]
  return given ? family === parts[0] && given === parts[1] : family === value
}

const roles: Record<string, string> = {
  ATND: 'PV1-7',
  AT: 'PV1-7',
  REF: 'PV1-8',
  RP: 'PV1-8',
  CON: 'PV1-9',
  CP: 'PV1-9',
  ADM: 'PV1-17',
  AD: 'PV1-17',
}

function providerHolds(message: ParsedMessage, index: number, names: string[], value: string): boolean {
  const [name = '', second = '', third = ''] = names
  const typed = (at: string, segment: number, type: string) =>
    (message.all(at.slice(0, 3))[segment]?.fields[Number(at.slice(4))] ?? []).some(
      (each) => each[0]?.[0] === value && (each[12]?.[0] ?? '') === type,
    )
  const inVisit = ['PV1-7', 'PV1-8', 'PV1-9', 'PV1-17', 'PV1-52']
  if (name === 'ProviderId') return typed('ROL-4', index, '') || inVisit.some((field) => typed(field, 0, ''))
  if (name === 'NPI') return typed('ROL-4', index, 'NPI') || inVisit.some((field) => typed(field, 0, 'NPI'))
  if (name === 'LicenseNumber') return typed('ROL-4', index, 'LN')
  if (name === 'ProviderType')
    return (
      message.value('ROL-3.1', index) === value ||
      (Object.hasOwn(roles, value) && message.value(roles[value] ?? '') !== '')
    )
  if (name === 'InternalSequence') return message.value('ROL-1.1', index) === value
  if (name === 'Address') return addressHolds(message, 'ROL-11', index, second, value)
  if (name === 'Email') {
    const numbers = message.all('ROL')[index]?.fields[12] ?? []
    return numbers.some((each) => each[1]?.[0] === 'NET' && each[3]?.[0] === value)
  }
  const component = third === 'Contact' ? 9 : phone[third]
  return message.value(`ROL-12.${component}`, index, Number(second)) === value
}

function customHolds(message: ParsedMessage, name: string, index: number, field = '', value: string): boolean {
  return message.value(`${name}-${field === 'FieldId' ? 2 : 3}`, index) === value
}
