import { expect, test } from 'vitest'
import type { BatchItem, Problem } from '../src/index.ts'
import { gatherReasons, reasonText } from './failure-reasons.ts'

const problem = (detail: string, Errors?: Problem['Errors']): Problem => ({
  type: 'urn:encounter-gateway:problem:x',
  title: 'X',
  status: 502,
  detail,
  ...(Errors && { Errors }),
})

test('failures are grouped by reason, the most frequent first, with the first lines of each', () => {
  const reasons = gatherReasons()
  const take = (item: BatchItem) => reasons.take(item)
  for (let ItemIndex = 0; ItemIndex < 1204; ItemIndex++) {
    take({ ItemIndex, Line: ItemIndex + 2, Status: 'Failed', StatusCode: 502, Problem: problem('The EMR is away.') })
  }
  const Errors = [{ Pointer: '/PatientId', Message: 'is required' }]
  take({
    ItemIndex: 1204,
    Line: 1300,
    Status: 'Rejected',
    StatusCode: 400,
    Problem: problem('There is 1 mistake.', Errors),
  })
  take({ ItemIndex: 1205, Status: 'Succeeded', StatusCode: 201 })
  take({ ItemIndex: 1206, Status: 'Cancelled' })
  expect(reasons.list().map(reasonText)).toEqual([
    '1,204 Failed (502): The EMR is away; lines 2, 3, 4, 5, 6, ...',
    '1 Rejected (400): /PatientId is required; line 1300',
    '1 Cancelled: no reason recorded; item 1206',
  ])
})

test('a batch of nothing but different mistakes is counted in full and kept in part', () => {
  const reasons = gatherReasons()
  for (let ItemIndex = 0; ItemIndex < 5_000; ItemIndex++) {
    reasons.take({ ItemIndex, Status: 'Rejected', StatusCode: 400, Problem: problem(`Mistake ${ItemIndex}.`) })
  }
  const list = reasons.list()
  expect(list.length).toBeLessThan(1_100)
  expect(list.reduce((sum, { Count }) => sum + Count, 0)).toBe(5_000)
})
