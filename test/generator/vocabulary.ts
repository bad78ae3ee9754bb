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
export const givenNames = {
  F: ['Ada', 'Carmen', 'Eun-ji', 'Fatima', 'Grace', 'Inês', 'Katarzyna', 'María José', 'Noor', 'Oluwaseun', 'Zoë'],
  M: ['Bjørn', 'Dmitri', 'Håkon', 'Jamal', 'Liam', 'Marek', 'Noah', 'Tomás', 'Yusuf', 'Wei'],
} as const
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
/** A health insurance; `groups` are those of employers. */
export type Payer = { CompanyId: string; CompanyName: string; plan: string; groups?: readonly string[] }
const groups = ['Acme Manufacturing', 'State Employees', 'Teachers & Staff', 'Harbor Logistics']
export const employers: readonly Payer[] = [
  { CompanyId: 'BCBS-IL', CompanyName: 'Blue Cross Blue Shield of Illinois', plan: 'PPO500', groups },
  { CompanyId: 'AETNA', CompanyName: 'Aetna', plan: 'HMO20', groups },
  { CompanyId: 'UHC', CompanyName: 'UnitedHealthcare', plan: 'CHOICE', groups },
]
export const medicare: Payer = { CompanyId: 'MEDICARE', CompanyName: 'Medicare Part A', plan: 'PARTA' }
export const medicaid: Payer = { CompanyId: 'MEDICAID', CompanyName: 'Medicaid', plan: 'MCD01' }
export const supplement: Payer = {
  CompanyId: 'UHC-SUP',
  CompanyName: 'UnitedHealthcare Medicare Supplement',
  plan: 'PLANG',
}
