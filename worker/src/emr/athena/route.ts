import type { Emr } from '../emr.ts'

/** One way to create an encounter in athenaOne, and to find it again. */
export type Route = Required<Pick<Emr, 'create' | 'find' | 'render'>>
