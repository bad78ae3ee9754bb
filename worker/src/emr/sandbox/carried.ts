import { encounterFieldPaths } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { Carried } from '../carried/not-carried.ts'

/** The Sandbox EMR accepts the Unified Data Model unchanged. */
export const carried: Carried = Object.fromEntries(encounterFieldPaths.map((path) => [path, 'the same']))
