import type { Site } from '../options.ts'

/**
 * MEDITECH: codes are the mnemonics of its dictionaries, providers are named in PV1, and the kind of registration is
 * the patient type (PV1-18), its urgency the admission type (PV1-4). No specification of inbound ADT is public:
 * docs/emr/meditech.md lists what to agree with the site.
 */
export const meditech: Partial<Site> = {
  providers: 'PV1',
  diagnosisCodingSystem: 'I10C',
  fields: { '/Encounter/EncounterTypeId': 'PV1-18', '/Encounter/AdmitPriorityId': 'PV1-4' },
}
