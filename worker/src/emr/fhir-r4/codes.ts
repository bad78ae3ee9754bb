import type { CodeableConcept, Coding } from 'fhir/r4.js'
import { isFhirCode } from './values.ts'

/**
 * A code system of HL7, and the HL7 v2 table with other codes for some of the same concepts: `''` if only the table has
 * a code.
 */
export type Vocabulary = {
  system: string
  codes: readonly string[]
  v2?: { system: string; to: Readonly<Record<string, string>> }
}

const terminology = 'http://terminology.hl7.org/CodeSystem'
const sameName = (codes: string) => codes.split(' ')
const pairs = (...lines: string[]): Record<string, string> =>
  Object.fromEntries(
    lines.flatMap((line) => line.split(', ').map((pair) => pair.split(' '))).map(([v2 = '', code = '']) => [v2, code]),
  )

const codesAlone = (codes: string) => Object.fromEntries(codes.split(' ').map((code) => [code, '']))

/** HL7 v2 table 0063, relationship: every code without one of R4's own. */
const v20063 = `${terminology}/v2-0063`
const relationships = codesAlone(
  'ASC BRO CGV CHD DEP DOM EMC EME EMR EXF FCH FND FTH GCH GRD GRP MGR MTH NCH NON OAD OTH OWN PAR SCH SEL SIB SIS SPO TRA ' +
    'UNK WRD',
)
/** HL7 v2 table 0443, provider role. */
const providerRoles = codesAlone('AD AI AP AT CLP CP DP EP FHCP IP MDIR OP PH PI PP RO RP RT TN TR VP VPS VTS')

/**
 * The vocabularies in which a code is recognised when its connection names no system for it. HL7 v2-to-FHIR 1.0.0
 * defines the pairs (mappings/codesystems), R4 the value sets.
 */
export const vocabularies = {
  patientClass: {
    system: `${terminology}/v3-ActCode`,
    codes: sameName('AMB EMER FLD HH IMP ACUTE NONAC OBSENC PRENC SS VR'),
    v2: {
      system: `${terminology}/v2-0004`,
      to: pairs('E EMER, I IMP, O AMB, P PRENC, R, B, C, N, U'),
    },
  },
  priority: {
    system: `${terminology}/v3-ActPriority`,
    codes: sameName('A CR CS CSP CSR EL EM P PRN R RR S T UD UR'),
    v2: { system: `${terminology}/v2-0217`, to: { '1': 'EM', '2': 'UR', '3': 'EL' } },
  },
  admitSource: {
    system: `${terminology}/admit-source`,
    codes: sameName('hosp-trans emd outp born gp mp nursing psych rehab other'),
  },
  participation: {
    system: `${terminology}/v3-ParticipationType`,
    codes: sameName('ADM ATND CALLBCK CON DIS ESC REF SPRF PPRF PART'),
    v2: { system: `${terminology}/v2-0443`, to: { ...providerRoles, AD: 'ADM', AT: 'ATND', CP: 'CON', RP: 'REF' } },
  },
  relatedPerson: {
    system: `${terminology}/v3-RoleCode`,
    codes: sameName(
      'ONESELF SPS DOMPART CHILD GRNDCHILD NCHILD STPCHLD CHLDFOST PRN MTH FTH GUARD GRPRN EXT SIB BRO SIS FRND ECON',
    ),
    v2: {
      system: v20063,
      to: {
        ...relationships,
        ...pairs(
          'SEL ONESELF, SPO SPS, DOM DOMPART, CHD CHILD, GCH GRNDCHILD, NCH NCHILD, SCH STPCHLD, FCH CHLDFOST, PAR PRN, MTH MTH',
          'FTH FTH, GRD GUARD, GRP GRPRN, EXF EXT, SIB SIB, BRO BRO, SIS SIS, FND FRND, EMC ECON',
        ),
      },
    },
  },
  subscriber: {
    system: `${terminology}/subscriber-relationship`,
    codes: sameName('child parent spouse common other self injured'),
    v2: {
      system: v20063,
      to: { ...relationships, SEL: 'self', SPO: 'spouse', DOM: 'common', CHD: 'child', PAR: 'parent', OTH: 'other' },
    },
  },
} as const satisfies Record<string, Vocabulary>

/**
 * The codings of a code. With a `localSystem` it belongs to that system, whatever it looks like: a site's own `1` need
 * not be v2's. Otherwise it is recognised in the vocabulary, in any letter case, or else it is a code without a system.
 * None for what cannot be a code.
 */
export function codingsOf(value: string, localSystem?: string, vocabulary?: Vocabulary): Coding[] {
  if (!isFhirCode(value)) return []
  if (localSystem !== undefined) return [{ system: localSystem, code: value }]
  const code = vocabulary?.codes.find((one) => one.toLowerCase() === value.toLowerCase())
  if (vocabulary && code !== undefined) return [{ system: vocabulary.system, code }]
  const v2code = value.toUpperCase()
  const translated = vocabulary?.v2?.to[v2code]
  if (!vocabulary?.v2 || translated === undefined) return [{ code: value }]
  const original = { system: vocabulary.v2.system, code: v2code }
  return translated === '' ? [original] : [{ system: vocabulary.system, code: translated }, original]
}

/** The code with its codings, and always with the original text. */
export function conceptOf(value: string, localSystem?: string, vocabulary?: Vocabulary): CodeableConcept {
  const coding = codingsOf(value, localSystem, vocabulary)
  return coding.length > 0 ? { coding, text: value } : { text: value }
}

/** A concept with one code that is known to be valid. */
export const coded = (system: string, code: string): CodeableConcept => ({ coding: [{ system, code }] })

/** A code of the HL7 v2 table of identifier types, such as `AN`, an account number. */
export const identifierType = (code: string): CodeableConcept => coded(`${terminology}/v2-0203`, code)

/** A code of another system of HL7's, by the last part of its URI. */
export const hl7Code = (name: string, code: string): CodeableConcept => coded(`${terminology}/${name}`, code)
