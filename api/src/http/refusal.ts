import { problem, type Problem, type ProblemSlug } from '@encounter-gateway/shared/contract/problem.ts'

type Extra = Pick<Problem, 'JobId' | 'BatchId' | 'Errors' | 'ErrorsOmitted'>

/** Thrown to refuse a request; the error handler sends its problem document. `detail` must not quote a value. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly problem: Problem
  readonly headers: Record<string, string>

  constructor(slug: ProblemSlug, detail: string, extra: Extra = {}, headers: Record<string, string> = {}) {
    super(slug)
    this.problem = problem(slug, detail, extra)
    this.headers = headers
  }
}
