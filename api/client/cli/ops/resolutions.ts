import { createReadStream } from 'node:fs'
import { csvRows, isEmptyRow } from '../csv/rows.ts'
import { CliError, exitCodes } from '../exit-codes.ts'

/** What was found in the EMR about a job in doubt. */
export type Finding = { As: 'Created'; EncounterId: string } | { As: 'NotCreated'; Then: 'Send' | 'Fail' }

const COLUMNS = ['JobId', 'EncounterId', 'Then'] as const
const ROWS_MOST = 10_000

/**
 * Reads a night's findings: a CSV file with the columns JobId, EncounterId (it is there) and Then (it is not there: `Send`
 * or `Fail`). The whole file is read before anything is done. Throws a CliError with every row that is not clear.
 */
export async function readFindings(path: string): Promise<{ jobId: string; finding: Finding }[]> {
  const found: { jobId: string; finding: Finding }[] = []
  const mistakes: string[] = []
  let header: number[] | undefined
  for await (const { row, cells } of csvRows(createReadStream(path))) {
    if (!header) {
      header = COLUMNS.map((name) => cells.findIndex((cell) => cell.trim().toLowerCase() === name.toLowerCase()))
      if (header[0] === -1) throw new CliError(exitCodes.badFile, `the header must name ${COLUMNS.join(', ')}`)
      continue
    }
    if (isEmptyRow(cells)) continue
    const [jobId = '', encounterId = '', next = ''] = header.map((at) => (cells[at] ?? '').trim())
    const finding = findingIn(encounterId, next)
    if (!/^[a-z][0-9a-z]{19}$/.test(jobId)) mistakes.push(`row ${row}: JobId is not one`)
    else if (!finding) mistakes.push(`row ${row}: give either EncounterId, or Then as Send or Fail`)
    else found.push({ jobId, finding })
    if (found.length > ROWS_MOST) throw new CliError(exitCodes.badFile, `at most ${ROWS_MOST} rows`)
  }
  const twice = found.length - new Set(found.map(({ jobId }) => jobId)).size
  if (twice > 0) mistakes.push(`${twice} jobs are named twice`)
  if (mistakes.length > 0) throw new CliError(exitCodes.badFile, mistakes.slice(0, 20).join('\n'))
  return found
}

/** `undefined` if the two say nothing, or more than one thing. */
export function findingIn(encounterId: string, next: string): Finding | undefined {
  if (encounterId !== '') return next === '' ? { As: 'Created', EncounterId: encounterId } : undefined
  const Then = (['Send', 'Fail'] as const).find((each) => each.toLowerCase() === next.toLowerCase())
  return Then && { As: 'NotCreated', Then }
}
