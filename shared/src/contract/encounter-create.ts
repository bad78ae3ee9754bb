import { Type, type Static } from '@sinclair/typebox'
import { CustomField, Insurance, Location, Provider } from './encounter-parts.ts'
import { optional, optionalDateTime, optionalText, type WithoutNulls } from './schema-forms.ts'

/** The encounter to create. Codes are those of the EMR it goes to, unless a description names a wider vocabulary. */
export const EncounterCreate = Type.Object(
  {
    EncounterDateTime: optionalDateTime('When the encounter begins or began: admission, arrival or visit.'),
    AttendingProviderId: optionalText('The clinician responsible for the patient, by the identifier in the EMR.'),
    DischargeDateTime: optionalDateTime(
      'When the patient left; only for an encounter that is over. Not before EncounterDateTime.',
    ),
    EncounterStatusId: optionalText(
      'Where the encounter stands: a code of R4 (planned, arrived, in-progress, finished), a plain word (scheduled, active, ' +
        'discharged), or a code of the EMR. Left out: class and times say so. Must not contradict them, and cannot be cancelled.',
    ),
    EncounterTypeId: optionalText(
      'The kind of visit, as a code of the EMR (Cerner: code set 71) or, in FHIR, of SNOMED CT or HL7 table 0004.',
    ),
    Location: optional(Location, { description: 'Where in the hospital the patient is.' }),
    MedicalServiceId: optionalText(
      'The service that treats the patient (cardiology, surgery), HL7 table 0069 or local.',
    ),
    ReasonForVisit: optionalText('Why the patient comes, in words, as at registration.'),
    PatientClassId: optionalText(
      'Inpatient, outpatient, emergency and so on: HL7 table 0004 (I, O, E, P, R, B), FHIR v3-ActCode, or local.',
    ),
    AdmitPriorityId: optionalText('How urgent the admission is: HL7 table 0217, v3-ActPriority, or Cerner code set 3.'),
    AdmitSourceId: optionalText('Where the patient comes from (home, transfer, referral): HL7 table 0023 or local.'),
    EncounterAlias: optionalText('A number for the encounter that another system has given, such as a visit number.'),
    GuarantorId: optionalText('Who pays what insurance does not, by the identifier in the EMR.'),
    GuarantorTypeId: optionalText('Whether the guarantor is a person or an organisation: HL7 table 0068 or local.'),
    GuarantorRelationshipToPatientId: optionalText('What the guarantor is to the patient: HL7 table 0063 or local.'),
    Insurances: optional(Type.Array(Insurance), { description: 'Who pays, the primary insurance first.' }),
    FinancialNumber: optionalText('Number of the account that the encounter is billed to (FIN).'),
    ProvidersType: optional(Type.Array(Provider), {
      description: 'Clinicians other than, or also as well as, the attending one, each with the part taken.',
    }),
    ICD10DXCodeIds: optional(Type.Array(Type.String({ description: 'An ICD-10-CM code, such as `J18.9`.' })), {
      description: 'Diagnoses known at the start, the most important first.',
    }),
    CustomFields: optional(Type.Array(CustomField), {
      description: 'What this EMR site also asks about an encounter.',
    }),
    FormType: optionalText('Which registration form or conversation the EMR is to treat it as.'),
    ReferClientId: optionalText('The client organisation that refers the patient, by its identifier in the EMR.'),
    EstimatedArrivalDateTime: optionalDateTime('When a patient who is not there yet is expected.'),
    EstimatedLengthOfStay: optionalText('How long the patient is expected to stay; most EMRs take whole days.'),
    EstimatedDischargeDateTime: optionalDateTime('When the patient is expected to leave.'),
    VisitorStatusId: optionalText(
      'Which visitors the patient wishes to see, as a code of the EMR. It does not mark a VIP.',
    ),
    TreatmentPhaseId: optionalText('Stage of treatment (entry, phase 1, phase 2), as a code of the EMR.'),
    PatientValuablesIds: optionalText('Valuables kept for the patient, as a code of the EMR.'),
    ContributorSystemId: optionalText('The system that the encounter comes from, by its code in the EMR.'),
  },
  { description: 'The encounter to create, in the codes of the EMR it goes to.', additionalProperties: false },
)
export type EncounterCreate = WithoutNulls<Static<typeof EncounterCreate>>
