import type { Emr } from '../emr.ts'

/** One way to bring an encounter about in athenaOne, and to find it again. */
export type Route = Required<Pick<Emr, 'create' | 'find'>>
