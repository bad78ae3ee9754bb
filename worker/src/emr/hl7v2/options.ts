import { encounterFieldPaths } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { oneOf } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { Type, type Static, type TSchema } from '@sinclair/typebox'
import { characterSets, type CharacterSet } from './character-set.ts'
import { ELEMENT_PATTERN } from './element.ts'
import { StatusCodes } from '../encounter-state/status-codes.ts'
import type { NameOrder } from '../person-name.ts'
import type { TimePrecision } from './time-stamp.ts'

/** A text of our own in a message: printable ASCII, `^` between components, no other delimiter. */
const header = (description: string) => Type.String({ pattern: "^[ !-%'-[\\]_`a-{}^]{0,227}$", description })
const code = (description: string) => Type.String({ pattern: "^[!-%'-[\\]_`a-{}]{1,20}$", description })
const table = <Value extends TSchema>(value: Value, description: string) =>
  Type.Record(Type.String(), value, { description })

/** The elements that a field may be moved to: not those that the connector fills in itself. */
const movablePattern = `^(?!MSH-(?![3-6]([.]|$))|EVN-[12]([.]|$)|(PID|PV1|IN1|DG1|GT1)-1([.]|$)|PV1-(19|50)([.]|$)|ROL-2([.]|$)|Z..-1([.]|$))(?=(MSH|EVN|PID|PV1|PV2|ROL|DG1|GT1|IN1|Z..)-)${ELEMENT_PATTERN.slice(1)}`

/** The identifiers of data type CX, beside PID-3 (`patientIdAuthority` and PatientIdType). */
const identifierElements = ['PV1-5', 'PV1-19', 'PV1-50', 'PID-18', 'GT1-2', 'IN1-3', 'IN1-49'] as const
const AssignedId = Type.Object(
  {
    authority: Type.Optional(header('CX.4, the authority that assigned it, as namespace^universalId^type')),
    type: Type.Optional(Type.String({ pattern: '^[A-Z0-9]{0,5}$', description: 'CX.5 (HL7 table 0203); empty: none' })),
  },
  { additionalProperties: false },
)

/**
 * What is agreed with a site about its messages. Each has a value in every profile; the connection's own value takes
 * precedence.
 */
export const SiteOptions = Type.Object({
  sendingApplication: header('MSH-3. Empty: ContributorSystemId if the request has it, else ENCOUNTER-GATEWAY.'),
  sendingFacility: header('MSH-4'),
  receivingApplication: header('MSH-5'),
  receivingFacility: header('MSH-6'),
  processingId: oneOf(['P', 'T', 'D'], { description: 'MSH-11: production, training or debugging' }),
  versionId: oneOf(['2.1', '2.2', '2.3', '2.3.1', '2.4', '2.5', '2.5.1', '2.6', '2.7', '2.7.1', '2.8'], {
    description: 'MSH-12. Changes MSH-12 only: the message itself always follows v2.5.1.',
  }),
  characterSet: oneOf(Object.keys(characterSets) as CharacterSet[], {
    description: 'MSH-18, and the encoding of the message',
  }),
  acknowledgement: oneOf(['application', 'enhanced', 'commit'], {
    description:
      'Which answer counts. application: the only one (AA). enhanced: MSH-15 and MSH-16 request both, and AA ' +
      'after CA counts. commit: they request CA only, and CA counts as created.',
  }),
  visitNumber: oneOf(['alias-or-key', 'alias', 'key'], {
    description: 'PV1-19, which is the EncounterId of the result: EncounterAlias, or the JobId, or either',
  }),
  alternateVisitId: Type.Boolean({ description: 'Whether PV1-50 is the JobId' }),
  patientIdAuthority: header('PID-3.4, the authority that assigned PatientId, as namespace^universalId^type'),
  unknownName: header('PID-5 and GT1-3, which the standard requires and a request lacks'),
  discharge: oneOf(['PV1-45', 'A03'], {
    description: 'Where DischargeDateTime goes: into the one message, or into an A03 after it',
  }),
  providers: oneOf(['PV1', 'ROL', 'both'], {
    description: 'Where ProvidersType goes: PV1-7, -8, -9, -17, -52 (ids only), ROL segments (everything), or both',
  }),
  providerRoles: table(
    oneOf(['PV1-7', 'PV1-8', 'PV1-9', 'PV1-17', 'PV1-52']),
    'The PV1 field of each ProviderType; of any other it is PV1-52',
  ),
  licenseType: code('XCN.13 of a LicenseNumber (HL7 table 0203)'),
  patientClasses: table(code('A code of HL7 table 0004'), 'PV1-2 by PatientClassId; any other is sent as it is'),
  defaultPatientClass: Type.String({
    maxLength: 1,
    description: 'PV1-2 if there is no PatientClassId, or one that does not fit; empty: such a request is refused',
  }),
  admittedClasses: Type.Array(Type.String(), { description: 'PatientClassIds of patients who get a bed: A01' }),
  statusCodes: StatusCodes,
  plannedStatuses: Type.Array(Type.String(), {
    description: 'EncounterStatusIds of planned encounters, in addition to `statusCodes`: A05',
  }),
  impliedStatuses: Type.Array(Type.String(), {
    description: 'EncounterStatusIds that A01 and A04 imply; any other goes to PV2-24',
  }),
  subscriberName: oneOf<NameOrder>(['whole', 'given-first', 'family-first'], {
    description:
      'How a subscriber without a comma in the name is written. whole: not known, all of it is IN1-16.1.1; else the family ' +
      'name is the last or the first word.',
  }),
  identifiers: Type.Partial(
    Type.Object(
      Object.fromEntries(identifierElements.map((element) => [element, AssignedId])) as Record<
        (typeof identifierElements)[number],
        typeof AssignedId
      >,
    ),
    { additionalProperties: false, description: 'CX.4 and CX.5 of an identifier, by its element' },
  ),
  diagnosisType: code('DG1-6 (HL7 table 0052): A is an admitting diagnosis'),
  diagnosisCodingSystem: code('DG1-3.3 (HL7 table 0396): I10, I10C, or what the site calls ICD-10-CM'),
  precision: oneOf<TimePrecision>(['minute', 'second', 'fraction'], {
    description: 'Precision of dates and times sent; anything finer is cut off',
  }),
  timeZone: Type.String({
    description: 'An IANA time zone in which all times are sent, without an offset; empty: each with its own offset',
  }),
  onMisfit: oneOf(['refuse', 'leave-out', 'cut'], {
    description:
      'How a value that does not fit its element is handled. refuse: the job ends 400 and names it. leave-out: it is ' +
      'not sent and reported in NotCarried. cut: the same, but free text is cut to length and sent.',
  }),
  fields: Type.Unsafe<Record<string, string | null>>({
    type: 'object',
    properties: Object.fromEntries(
      encounterFieldPaths.map((path) => [path, { type: ['string', 'null'], pattern: movablePattern }]),
    ),
    additionalProperties: false,
    description: 'Fields that go to another element at this site, Z segments included; null: not sent',
  }),
  elements: table(
    Type.Object(
      {
        maxLength: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_536 })),
        onMisfit: Type.Optional(oneOf(['refuse', 'leave-out', 'cut'])),
      },
      { additionalProperties: false },
    ),
    'Elements, by their names in the documentation, that are longer or handled differently at this site',
  ),
  errorCodes: table(
    oneOf(['content', 'configuration', 'busy', 'duplicate']),
    'The meaning of error codes of this site, in addition to those of HL7 table 0357; the code "" stands for none',
  ),
  retryRejected: Type.Boolean({ description: 'Whether a message that was rejected (AR, CR) is sent again' }),
})
/** What is agreed with a site about its messages, complete. */
export type Site = Static<typeof SiteOptions>

/** The client side of TLS. The receiver's certificate is always checked. */
export const TlsOptions = Type.Object(
  {
    ca: Type.Optional(Type.String({ description: 'PEM of the authorities to trust instead of the usual ones' })),
    cert: Type.Optional(Type.String({ description: 'PEM of our own certificate, with its chain' })),
    key: Type.Optional(Type.String({ description: 'PEM of the key to that certificate' })),
    servername: Type.Optional(
      Type.String({ description: "The name in the receiver's certificate, if it differs from `host`" }),
    ),
  },
  { additionalProperties: false },
)
export type TlsOptions = Static<typeof TlsOptions>

/** The connector's options of a connection. */
export const options = Type.Object({
  host: Type.String({ minLength: 1, description: 'The receiver of the messages' }),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  tls: Type.Unsafe<false | TlsOptions>({
    ...TlsOptions,
    type: ['object', 'boolean'],
    not: { const: true },
    default: false,
    description: 'MLLP over TLS; false: in clear, for a network that is safe by other means',
  }),
  idleMs: Type.Integer({
    minimum: 0,
    maximum: 3_600_000,
    default: 30_000,
    description: 'How long an idle connection is kept for the next message; 0: a new one for each',
  }),
  profile: Type.Optional(
    oneOf(['meditech', 'epic', 'standard'], {
      description: 'The defaults of the other options; by default chosen by emrSystem',
    }),
  ),
  ...Type.Partial(SiteOptions).properties,
})
