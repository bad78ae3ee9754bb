/** The values of generated encounters. Names are common ones; numbers and addresses belong to nobody. */
export const familyNames = [
  'Okafor',
  'Nguyen',
  'Garcia',
  'Lindqvist',
  "O'Brien",
  'Müller',
  'Haddad',
  'Kowalska',
  'Sato',
  'Smith',
  'Johnson',
  'Díaz',
  'Petrov',
  'Van der Berg',
  'Achterberg-Kim',
  'Ng',
]
export const givenNames = [
  'Ada',
  'Bjørn',
  'Carmen',
  'Dmitri',
  'Eun-ji',
  'Fatima',
  'Grace',
  'Håkon',
  'Inês',
  'Jamal',
  'Katarzyna',
  'Liam',
  'María José',
  'Noor',
  'Oluwaseun',
  'Zoë',
]
export const streets = [
  'Elm Street',
  'Rue de la Paix',
  'Hauptstraße',
  '5th Avenue',
  'Maple Drive',
  "St. John's Road",
  'Lakeview Blvd',
  'Calle Mayor',
]
export const cities = [
  { City: 'Springfield', State: 'IL', ZIP: '62704', County: 'Sangamon' },
  { City: 'Portland', State: 'OR', ZIP: '97201', County: 'Multnomah' },
  { City: 'Cañon City', State: 'CO', ZIP: '81212-1234', County: 'Fremont' },
  { City: 'Worcester', State: 'MA', ZIP: '01608', County: 'Worcester' },
] as const
/** HL7 v2 table 0004. */
export const patientClasses = ['I', 'O', 'E', 'P', 'R', 'B'] as const
/** Those of patients who are present. */
export const presentClasses = ['I', 'O', 'E', 'R', 'B'] as const
/** HL7 v2 table 0007. */
export const encounterTypes = ['A', 'E', 'L', 'R', 'N', 'U', 'C'] as const
/** HL7 v2 table 0023. */
export const admitSources = ['1', '2', '4', '6', '7', '9'] as const
/** HL7 v2 table 0217. */
export const admitPriorities = ['1', '2', '3'] as const
/** HL7 v2 table 0069. */
export const medicalServices = ['MED', 'SUR', 'CAR', 'PUL', 'URO'] as const
/** HL7 v2 table 0063. */
export const relationships = ['SEL', 'SPO', 'CHD', 'PAR', 'GRD'] as const
/** The relationships between patient and subscriber, in the same table. */
export const subscriptions = [
  { PatientRelationshipToSubscriber: 'SEL', SubscriberRelationshipToPatientId: 'SEL' },
  { PatientRelationshipToSubscriber: 'SPO', SubscriberRelationshipToPatientId: 'SPO' },
  { PatientRelationshipToSubscriber: 'CHD', SubscriberRelationshipToPatientId: 'MTH' },
  { PatientRelationshipToSubscriber: 'PAR', SubscriberRelationshipToPatientId: 'CHD' },
  { PatientRelationshipToSubscriber: 'WRD', SubscriberRelationshipToPatientId: 'GRD' },
] as const
/** HL7 v2 table 0443. */
export const providerTypes = ['AT', 'RP', 'CP', 'AD', 'PP', 'FHCP', 'RT'] as const
/** R4's EncounterStatus; a patient who has left is the most frequent. */
export const statuses = ['planned', 'arrived', 'in-progress', 'finished', 'finished'] as const
export const units = ['4W', 'ICU', 'ED', 'L&D', 'ONC', 'PEDS'] as const
export const reasons = [
  'Chest pain',
  'Shortness of breath',
  'Routine follow-up',
  'Fever & cough',
  'Fall at home | hip pain',
  'Abdominal pain, RLQ',
  'Prenatal visit',
  'Suture removal',
  'Migraine ^ photophobia',
  'Diabetes check',
]
/** ICD-10-CM. */
export const diagnoses = [
  'I10',
  'E11.9',
  'J18.9',
  'R07.9',
  'N39.0',
  'S72.001A',
  'Z34.90',
  'G43.909',
  'K35.80',
  // as billing systems write them
  'K3580',
  'S72001A',
  'M54.50',
]
export const payers = [
  { CompanyId: 'BCBS-IL', CompanyName: 'Blue Cross Blue Shield of Illinois', GroupName: 'Acme Manufacturing' },
  { CompanyId: 'AETNA', CompanyName: 'Aetna', GroupName: 'State Employees' },
  { CompanyId: 'MEDICARE', CompanyName: 'Medicare Part A' },
  { CompanyId: 'UHC', CompanyName: 'UnitedHealthcare', GroupName: 'Teachers & Staff' },
] as const
