import type { Site } from '../options.ts'

/**
 * MEDITECH: codes are the mnemonics of its dictionaries, providers are named in PV1, and the kind of registration is the
 * patient type (PV1-18). No specification of inbound ADT is public: docs/emr/meditech.md says what to agree with the site.
 */
export const meditech: Partial<Site> = {
  providers: 'PV1',
  fields: { '/Encounter/EncounterTypeId': 'PV1-18' },
}
