import { Type, type Static } from '@sinclair/typebox'
import { optional, optionalDateTime, optionalText, type WithoutNulls } from './schema-forms.ts'

/** A postal address. The type is the schema's, with what is `null` left out. */
export const Address = Type.Object(
  {
    Address1: optionalText('First address line: street and house number.'),
    Address2: optionalText('Second address line: apartment, suite, building.'),
    Address3: optionalText('Third address line.'),
    City: optionalText('City or town.'),
    State: optionalText('State or province, usually as its two-letter postal code.'),
    ZIP: optionalText('Postal code, with or without the four digits that may follow a US one.'),
    TypeId: optionalText('What the address is for (home, business, mailing), as a code of the EMR or HL7 table 0190.'),
    County: optionalText('County or parish.'),
    Country: optionalText('Country, usually as an ISO 3166 code.'),
  },
  { additionalProperties: false },
)
export type Address = WithoutNulls<Static<typeof Address>>

/** A telephone number, or another number one can be reached under. */
export const Phone = Type.Object(
  {
    Number: optionalText('The number as it is dialled; with area code.'),
    TypeId: optionalText('What the number is for (home, work, mobile, fax), as a code of the EMR or HL7 table 0201.'),
    Extension: optionalText('Extension to dial after the number.'),
    FormatId: optionalText('How the number is written (domestic, international), as a code of the EMR.'),
    Contact: optionalText('Name of the person to ask for.'),
  },
  { additionalProperties: false },
)
export type Phone = WithoutNulls<Static<typeof Phone>>

/** An answer to a question that only this EMR site asks. */
export const CustomField = Type.Object(
  {
    FieldId: optionalText('Which field it is, by the identifier the EMR site gave it.'),
    ResponseValue: optionalText('What to put in it: free text, or a code of the list behind the field.'),
  },
  { additionalProperties: false },
)
export type CustomField = WithoutNulls<Static<typeof CustomField>>

/** Where in the hospital the patient is, from the widest to the narrowest place that is known. */
export const Location = Type.Object(
  {
    BedId: optionalText('The bed, by its code in the EMR.'),
    UnitId: optionalText('The nursing unit, ward, clinic or department, by its code in the EMR.'),
    HospitalId: optionalText('The hospital or facility, by its code in the EMR.'),
    RoomId: optionalText('The room, by its code in the EMR.'),
  },
  { additionalProperties: false },
)
export type Location = WithoutNulls<Static<typeof Location>>

/** One insurance that is to pay for the encounter. */
export const Insurance = Type.Object(
  {
    CompanyId: optionalText('The insurance company (payer), by its identifier in the EMR.'),
    CompanyName: optionalText('Name of the insurance company.'),
    HealthPlanId: optionalText('The plan the patient is covered by, by its identifier in the EMR.'),
    GroupName: optionalText('Name of the group the policy belongs to, usually an employer.'),
    GroupNumber: optionalText('Number of that group at the insurance company.'),
    EligibilityStatusId: optionalText('What the last eligibility check found, as a code of the EMR.'),
    EligibilityStatusDate: optionalDateTime('When eligibility was last checked.'),
    SubscriberId: optionalText('Member number of the subscriber at the insurance company.'),
    Subscriber: optionalText('Name of the subscriber: the person who holds the policy.'),
    PolicyNumber: optionalText('Number of the policy.'),
    PatientRelationshipToSubscriber: optionalText(
      'What the patient is to the subscriber (self, spouse, child), as a code of the EMR or HL7 table 0063.',
    ),
    SubscriberRelationshipToPatientId: optionalText(
      'The same the other way round: what the subscriber is to the patient (self, spouse, parent).',
    ),
    Address: optional(Address, { description: 'Where the insurance company takes claims and letters.' }),
    Phones: optional(Type.Array(Phone), { description: 'Numbers of the insurance company.' }),
    CustomFields: optional(Type.Array(CustomField), {
      description: 'What this EMR site also asks about an insurance.',
    }),
  },
  { additionalProperties: false },
)
export type Insurance = WithoutNulls<Static<typeof Insurance>>

/** A clinician who takes part in the encounter. */
export const Provider = Type.Object(
  {
    ProviderId: optionalText('The provider, by the identifier in the EMR.'),
    ProviderType: optionalText(
      'The part taken in this encounter (admitting, attending, consulting, referring), as a code of the EMR or HL7 ' +
        'table 0443.',
    ),
    Address: optional(Address, { description: 'Where the provider practises.' }),
    Email: optionalText('E-mail address of the provider.'),
    NPI: optionalText('National Provider Identifier: 10 digits, from the US register NPPES.'),
    LicenseNumber: optionalText('Number of the licence to practise.'),
    Phones: optional(Type.Array(Phone), { description: 'Numbers of the provider.' }),
    InternalSequence: optionalText('Place of this provider among the others, where the EMR keeps an order.'),
  },
  { additionalProperties: false },
)
export type Provider = WithoutNulls<Static<typeof Provider>>
