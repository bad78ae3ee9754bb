import addFormats from 'ajv-formats'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { EncounterCreated } from './encounter-created.ts'
import { isTerminal, Job, JobList, JobStatus, terminalStatuses } from './job.ts'
import { problem, Problem, problems, type ProblemSlug } from './problem.ts'
import { ajvOptions } from './validation-errors.ts'

const ajv = new Ajv({ ...ajvOptions, schemas: [Problem, Job, EncounterCreated] })
addFormats.default(ajv)
const mistakes = (schema: object, value: unknown) => (ajv.validate(schema, value) ? [] : ajv.errors)

describe('what is sent', () => {
  it.each([Job, Problem, EncounterCreated])('fits its schema in its own example', (schema) => {
    const examples: unknown[] = schema['examples']
    expect(examples).not.toHaveLength(0)
    for (const example of examples) expect(mistakes(schema, example)).toEqual([])
  })

  it('fits as a page of jobs, one of them failed', () => {
    const [succeeded] = Job['examples']
    const { EncounterId: _, AlternativeIdentifiers: __, ...rest } = succeeded
    const failed = { ...rest, Status: 'Failed', StatusCode: 502, Problem: problem('emr-unavailable', 'No answer.') }
    expect(mistakes(JobList, { Jobs: [succeeded, failed], Cursor: 'c' })).toEqual([])
    expect(mistakes(JobList, { Jobs: [{ ...failed, Problem: { status: 'x' } }] })).not.toEqual([])
  })

  it('builds a valid problem of every kind, typed by its name', () => {
    for (const slug of Object.keys(problems) as ProblemSlug[]) {
      const built = problem(slug, 'Why.', { instance: '/api/v1/Jobs/x' })
      expect(mistakes(Problem, built)).toEqual([])
      expect(built).toMatchObject({ type: `urn:encounter-gateway:problem:${slug}`, status: problems[slug].status })
    }
  })
})

it('calls a job ended in five states and in no other', () => {
  const all: JobStatus[] = JobStatus['enum']
  expect(all.filter(isTerminal)).toEqual([...terminalStatuses])
  expect(all).toHaveLength(9)
})
