import { encounterFieldPaths, headerParameters } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { EmrFactory } from './emr.ts'
import { connectors } from './registry.ts'

const NOT_CARRIED = '—'

/**
 * The page docs/emr/carried.md: each of the 90 fields of the request against each connector, with the element it maps to, from
 * the connectors' own mappings. Written by `npm run carried-table`.
 */
export function carriedTable(): string {
  const all = Object.entries<EmrFactory>(connectors)
  const cellsOf = (path: string) =>
    all.map(([, { carried }]) => Object.entries(carried).find(([each]) => each === path)?.[1] ?? NOT_CARRIED)
  const header = (name: string) =>
    all.map(([, { login }]) => Object.entries(login).find(([each]) => each === name)?.[1] ?? NOT_CARRIED)
  const rows = [
    ...encounterFieldPaths.map((path) => row(path, cellsOf(path))),
    ...[...headerParameters, 'EMRSystem'].map((name) => row(`/${name}`, header(name))),
  ]
  const counts = all.map(([, { carried }]) => `${Object.keys(carried).length} of ${encounterFieldPaths.length}`)
  return [
    '# What each connector carries',
    '',
    'The element of each EMR that each field of the request maps to; — means not carried. A job lists in `NotCarried` which of its',
    'own fields were left out. The page of each connector says what a site can change, and why a field is not carried. The last eight',
    'fields are for the gateway and the login. `npm run carried-table` writes this page; a test fails if it is out of date.',
    '',
    row(
      'field',
      all.map(([name]) => name),
      false,
    ),
    `|${'---|'.repeat(all.length + 1)}`,
    ...rows,
    row('**carried**', counts, false),
    '',
  ].join('\n')
}

function row(field: string, cells: string[], isPath = true): string {
  const first = isPath ? `\`${field}\`` : field
  return `| ${[first, ...cells.map((cell) => cell.replaceAll('|', '\\|'))].join(' | ')} |`
}

if (import.meta.main) process.stdout.write(carriedTable())
