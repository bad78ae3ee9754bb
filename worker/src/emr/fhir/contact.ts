import type { Address, Phone } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { Address as FhirAddress, ContactPoint, Extension } from 'fhir/r4.js'
import { given, listOf } from '../fhir-r4/values.ts'

const CONTACT_POINT_EXTENSION = 'http://hl7.org/fhir/StructureDefinition/contactpoint-extension'

/** Makes an extension of ours by its name; none without a value. */
export type Extend = (name: string, value: string | undefined) => Extension | undefined

/** The use of an address: HL7 v2 table 0190, and plain words. */
const addressUses: Record<string, Pick<FhirAddress, 'use' | 'type'>> = {
  H: { use: 'home' },
  HOME: { use: 'home' },
  P: { use: 'home' },
  B: { use: 'work' },
  O: { use: 'work' },
  WORK: { use: 'work' },
  BUSINESS: { use: 'work' },
  BI: { use: 'billing' },
  BILLING: { use: 'billing' },
  C: { use: 'temp' },
  TEMP: { use: 'temp' },
  BA: { use: 'old' },
  M: { type: 'postal' },
  MAILING: { type: 'postal' },
}

/** The use and the equipment of a number: HL7 v2 tables 0201 and 0202, and plain words. */
const numberUses: Record<string, Pick<ContactPoint, 'use' | 'system'>> = {
  PRN: { use: 'home' },
  HOME: { use: 'home' },
  WPN: { use: 'work' },
  WORK: { use: 'work' },
  BUSINESS: { use: 'work' },
  PRS: { use: 'mobile' },
  CP: { use: 'mobile' },
  CELL: { use: 'mobile' },
  MOBILE: { use: 'mobile' },
  PH: { system: 'phone' },
  FX: { system: 'fax' },
  FAX: { system: 'fax' },
  BPN: { system: 'pager' },
  BP: { system: 'pager' },
  PAGER: { system: 'pager' },
  NET: { system: 'email' },
}

/** Whose address or number it is: R4 has no home of an Organization (its rules org-2 and org-3). */
export type Holder = 'person' | 'organization'

/** An address; a TypeId without a word in R4, or not for this holder, becomes an extension. */
export function addressOf(address: Address | undefined, holder: Holder, extend: Extend): FhirAddress[] | undefined {
  if (!address || Object.keys(address).length === 0) return undefined
  const known = wordFor(addressUses, address.TypeId, holder)
  return [
    {
      extension: listOf([known ? undefined : extend('AddressTypeId', address.TypeId)]),
      ...known,
      line: listOf([address.Address1, address.Address2, address.Address3]),
      city: address.City,
      district: address.County,
      state: address.State,
      postalCode: address.ZIP,
      country: address.Country,
    },
  ]
}

/** A number; what R4 has no place for becomes extensions. */
export function phoneOf(phone: Phone, holder: Holder, extend: Extend): ContactPoint | undefined {
  if (Object.keys(phone).length === 0) return undefined
  const known = wordFor(numberUses, phone.TypeId, holder)
  const extension = given(phone.Extension, (valueString) => ({ url: CONTACT_POINT_EXTENSION, valueString }))
  return {
    extension: listOf([
      extension,
      known ? undefined : extend('PhoneTypeId', phone.TypeId),
      extend('PhoneFormatId', phone.FormatId),
      extend('PhoneContact', phone.Contact),
    ]),
    system: 'phone',
    ...known,
    value: phone.Number,
  }
}

function wordFor<Meaning extends { use?: string | undefined }>(
  meanings: Record<string, Meaning>,
  typeId = '',
  holder: Holder,
): Meaning | undefined {
  const word = typeId.toUpperCase()
  const meaning = Object.hasOwn(meanings, word) ? meanings[word] : undefined
  return holder === 'organization' && meaning?.use === 'home' ? undefined : meaning
}
