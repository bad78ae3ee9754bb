import { encounterFieldPaths } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { carried, notCarried } from '@encounter-gateway/worker/emr/hl7v2/encounter.ts'
import { hl7v2 } from '@encounter-gateway/worker/emr/hl7v2/index.ts'
import { epic } from '@encounter-gateway/worker/emr/hl7v2/profiles/epic.ts'
import { meditech } from '@encounter-gateway/worker/emr/hl7v2/profiles/meditech.ts'
import type { FieldPath } from '@encounter-gateway/worker/emr/carried/not-carried.ts'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sampleMessage, sampleVisits } from './sample-visits.ts'

const page = (name: string) => readFileSync(new URL(`../../docs/emr/${name}.md`, import.meta.url), 'utf8')
/** The first cells of a page's tables, `a`, `b` in one cell counting as two. */
const firstCells = (text: string) =>
  text
    .split('\n')
    .flatMap((line) => Array.from((/^\| (`[^|]+) \|/.exec(line)?.[1] ?? '').matchAll(/`([^`]+)`/g), ([, name]) => name))

test('the page lists each field with the element that the mapping uses, in the order of the contract', () => {
  const rows = encounterFieldPaths.map((path) => {
    const reason = notCarried[path as FieldPath]
    return `| \`${path}\` | ${carried[path as FieldPath] ?? `not carried: ${reason}`} |`
  })
  expect(page('hl7v2')).toContain(rows.join('\n'))
})

test('the page lists every option', () => {
  expect(firstCells(page('hl7v2'))).toEqual(expect.arrayContaining(Object.keys(hl7v2.options.properties)))
})

test.each([
  ['meditech', meditech],
  ['epic', epic],
] as const)('the page of %s lists everything that its profile changes', (name, profile) => {
  expect(firstCells(page(name))).toEqual(Object.keys(profile))
})

const visits = Object.entries(sampleVisits)
test.each(['meditech', 'epic'].flatMap((name) => visits.map(([kind, visit]) => [name, kind, visit] as const)))(
  'the page of %s shows the message of an %s visit built with its own settings',
  (name, _kind, visit) => {
    const text = page(name)
    const connection = JSON.parse(/```json\n(.*?)```/s.exec(text)?.[1] ?? '') as { emrSystem: string }
    expect(text).toContain(`\`\`\`\n${sampleMessage(visit, connection)}\n\`\`\``)
  },
)
