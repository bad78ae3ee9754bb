import type { Site } from '../options.ts'

/**
 * Epic, through Bridges: it rejects a message whose MSH-11 or MSH-12 is not the agreed one. No specification of
 * incoming ADT is public: docs/emr/epic.md lists what to agree with the site.
 */
export const epic: Partial<Site> = {
  providers: 'both',
  diagnosisCodingSystem: 'I10C',
  fields: { '/Encounter/EncounterTypeId': 'PV1-18', '/Encounter/AdmitPriorityId': 'PV1-4' },
}
