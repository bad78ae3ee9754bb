import { Type, type Static } from '@sinclair/typebox'
import { optional, optionalDateTime, optionalText, type WithoutNulls } from './schema-forms.ts'

/** A postal address. The type is that of the schema without `null`. */
export const Address = Type.Object(
  {
    Address1: optionalText('First address line: street and house number.'),
    Address2: optionalText('Second address line: apartment, suite, building.'),
    Address3: optionalText('Third address line.'),
    City: optionalText('City or town.'),
    State: optionalText('State or province, usually as its two-letter postal code.'),
    ZIP: optionalText('Postal code; a US one with or without its four additional digits.'),
    TypeId: optionalText('Use of the address (home, business, mailing), as a code of the EMR or HL7 table 0190.'),
    County: optionalText('County or parish.'),
    Country: optionalText('Country, usually as an ISO 3166 code.'),
  },
  { additionalProperties: false },
)
export type Address = WithoutNulls<Static<typeof Address>>

/** A telephone, mobile or fax number. */
export const Phone = Type.Object(
  {
    Number: optionalText('The number as dialled, with area code.'),
    TypeId: optionalText('Use of the number (home, work, mobile, fax), as a code of the EMR or HL7 table 0201.'),
    Extension: optionalText('Extension to dial after the number.'),
    FormatId: optionalText('Format of the number (domestic, international), as a code of the EMR.'),
    Contact: optionalText('Name of the person to ask for.'),
  },
  { additionalProperties: false },
)
export type Phone = WithoutNulls<Static<typeof Phone>>

/** An answer to a question specific to an EMR site. */
export const CustomField = Type.Object(
  {
    FieldId: optionalText('Identifier of the field, as defined by the EMR site.'),
    ResponseValue: optionalText('The value: free text, or a code from the list of the field.'),
  },
  { additionalProperties: false },
)
export type CustomField = WithoutNulls<Static<typeof CustomField>>

/** The location of the patient in the hospital, as far as it is known. */
export const Location = Type.Object(
  {
    BedId: optionalText('Code of the bed in the EMR.'),
    UnitId: optionalText('Code in the EMR of the nursing unit, ward, clinic or department.'),
    HospitalId: optionalText('Code of the hospital or facility in the EMR.'),
    RoomId: optionalText('Code of the room in the EMR.'),
  },
  { additionalProperties: false },
)
export type Location = WithoutNulls<Static<typeof Location>>

/** An insurance that pays for the encounter. */
export const Insurance = Type.Object(
  {
    CompanyId: optionalText('Identifier of the insurance company (payer) in the EMR.'),
    CompanyName: optionalText('Name of the insurance company.'),
    HealthPlanId: optionalText('Identifier in the EMR of the plan that covers the patient.'),
    GroupName: optionalText('Name of the group to which the policy belongs, usually an employer.'),
    GroupNumber: optionalText('Number of that group at the insurance company.'),
    EligibilityStatusId: optionalText('Result of the last eligibility check, as a code of the EMR.'),
    EligibilityStatusDate: optionalDateTime('When eligibility was last checked.'),
    SubscriberId: optionalText('Member number of the subscriber at the insurance company.'),
    Subscriber: optionalText('Name of the subscriber: the person who holds the policy.'),
    PolicyNumber: optionalText('Number of the policy.'),
    PatientRelationshipToSubscriber: optionalText(
      'Relationship of the patient to the subscriber (self, spouse, child), as a code of the EMR or HL7 table 0063.',
    ),
    SubscriberRelationshipToPatientId: optionalText(
      'Relationship of the subscriber to the patient (self, spouse, parent), in the same codes.',
    ),
    Address: optional(Address, { description: 'Address of the insurance company for claims and letters.' }),
    Phones: optional(Type.Array(Phone), { description: 'Telephone numbers of the insurance company.' }),
    CustomFields: optional(Type.Array(CustomField), {
      description: 'Answers to further questions that this EMR site asks about an insurance.',
    }),
  },
  { additionalProperties: false },
)
export type Insurance = WithoutNulls<Static<typeof Insurance>>

/** A clinician who takes part in the encounter. */
export const Provider = Type.Object(
  {
    ProviderId: optionalText('Identifier of the provider in the EMR.'),
    ProviderType: optionalText(
      'Role in this encounter (admitting, attending, consulting, referring), as a code of the EMR or HL7 table 0443.',
    ),
    Address: optional(Address, { description: 'Address where the provider practises.' }),
    Email: optionalText('E-mail address of the provider.'),
    NPI: optionalText('National Provider Identifier: 10 digits, from the US register NPPES.'),
    LicenseNumber: optionalText('Number of the licence to practise.'),
    Phones: optional(Type.Array(Phone), { description: 'Telephone numbers of the provider.' }),
    InternalSequence: optionalText('Position of this provider among the others, if the EMR keeps an order.'),
  },
  { additionalProperties: false },
)
export type Provider = WithoutNulls<Static<typeof Provider>>
