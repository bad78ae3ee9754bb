import type { Static } from '@sinclair/typebox'
import { emrSystems } from './emr-system.ts'
import { oneOf } from './schema-forms.ts'

/** The EMR in which an encounter is created, as a schema. */
export const EmrSystem = oneOf(emrSystems, { description: 'The EMR in which the encounter is created.' })
export type EmrSystem = Static<typeof EmrSystem>
