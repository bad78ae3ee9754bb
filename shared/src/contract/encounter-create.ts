import { Type, type Static } from '@sinclair/typebox'
import { CustomField, Insurance, Location, Provider } from './encounter-parts.ts'
import { optional, optionalDateTime, optionalText, type WithoutNulls } from './schema-forms.ts'

/** The encounter to create. Codes are those of the target EMR, unless a description names a wider vocabulary. */
export const EncounterCreate = Type.Object(
  {
    EncounterDateTime: optionalDateTime('When the encounter begins or began: admission, arrival or visit.'),
    AttendingProviderId: optionalText('Identifier in the EMR of the clinician responsible for the patient.'),
    DischargeDateTime: optionalDateTime(
      'When the patient left; only for an encounter that is over. Not before EncounterDateTime.',
    ),
    EncounterStatusId: optionalText(
      'State of the encounter: an R4 code (planned, arrived, in-progress, finished), a plain word (scheduled, active, ' +
        'discharged), or a code of the EMR. If left out, it is derived from class and times. Must not contradict them, and ' +
        'cannot be cancelled.',
    ),
    EncounterTypeId: optionalText(
      'The kind of visit, as a code of the EMR (Cerner: code set 71) or, in FHIR, of SNOMED CT or HL7 table 0004.',
    ),
    Location: optional(Location, { description: 'The location of the patient in the hospital.' }),
    MedicalServiceId: optionalText(
      'The service that treats the patient (cardiology, surgery), HL7 table 0069 or local.',
    ),
    ReasonForVisit: optionalText('Why the patient comes, in free text, as at registration.'),
    PatientClassId: optionalText(
      'The patient class, such as inpatient, outpatient or emergency: HL7 table 0004 (I, O, E, P, R, B), FHIR v3-ActCode, or ' +
        'local.',
    ),
    AdmitPriorityId: optionalText('Urgency of the admission: HL7 table 0217, v3-ActPriority, or Cerner code set 3.'),
    AdmitSourceId: optionalText('Where the patient comes from (home, transfer, referral): HL7 table 0023 or local.'),
    EncounterAlias: optionalText('A number given to the encounter by another system, such as a visit number.'),
    GuarantorId: optionalText('Identifier in the EMR of the guarantor, who pays what insurance does not.'),
    GuarantorTypeId: optionalText('Whether the guarantor is a person or an organisation: HL7 table 0068 or local.'),
    GuarantorRelationshipToPatientId: optionalText(
      'Relationship of the guarantor to the patient: HL7 table 0063 or local.',
    ),
    Insurances: optional(Type.Array(Insurance), { description: 'The insurances that pay, the primary one first.' }),
    FinancialNumber: optionalText('Number of the account to which the encounter is billed (FIN).'),
    ProvidersType: optional(Type.Array(Provider), {
      description: 'The clinicians who take part, each with a role; may include the attending one.',
    }),
    ICD10DXCodeIds: optional(Type.Array(Type.String({ description: 'An ICD-10-CM code, such as `J18.9`.' })), {
      description: 'Diagnoses known at the start, the most important first.',
    }),
    CustomFields: optional(Type.Array(CustomField), {
      description: 'Answers to further questions that this EMR site asks about an encounter.',
    }),
    FormType: optionalText('The registration form or conversation to use in the EMR.'),
    ReferClientId: optionalText('Identifier in the EMR of the client organisation that refers the patient.'),
    EstimatedArrivalDateTime: optionalDateTime('When a patient who has not arrived is expected.'),
    EstimatedLengthOfStay: optionalText('Expected length of stay; most EMRs take whole days.'),
    EstimatedDischargeDateTime: optionalDateTime('When the patient is expected to leave.'),
    VisitorStatusId: optionalText(
      'Which visitors the patient wishes to see, as a code of the EMR. It does not mark a VIP.',
    ),
    TreatmentPhaseId: optionalText('Stage of treatment (entry, phase 1, phase 2), as a code of the EMR.'),
    PatientValuablesIds: optionalText('Valuables kept for the patient, as a code of the EMR.'),
    ContributorSystemId: optionalText('Code in the EMR of the system from which the encounter comes.'),
  },
  { description: 'The encounter to create, in the codes of the target EMR.', additionalProperties: false },
)
export type EncounterCreate = WithoutNulls<Static<typeof EncounterCreate>>
