import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bashCompletion, zshCompletion } from './completions.ts'
import { reference, type CommandName } from './reference.ts'
import { manual, usageOf } from './usage.ts'

const names = Object.keys(reference) as CommandName[]

test.for(names)('%s has a help of its own, with every option and an example', (name) => {
  const text = usageOf(name)
  for (const option of Object.keys(reference[name].options)) expect(text).toContain(`--${option}`)
  expect(text).toMatch(/\nExamples:\n {2}(?:source <\()?encounter-gateway /)
})

test('docs/encounter-gateway.md is the manual', async () => {
  await expect(manual()).toMatchFileSnapshot('../../../docs/encounter-gateway.md')
  expect(readFileSync('docs/client.md', 'utf8')).toContain('(encounter-gateway.md)')
})

test('bash completes commands, options and files', () => {
  const complete = (...words: string[]) => {
    const ask = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _encounter_gateway; echo "\${COMPREPLY[*]}"`
    return execFileSync('bash', ['-c', `${bashCompletion()}\n${ask}`], { encoding: 'utf8' })
      .trim()
      .split(' ')
  }
  expect(complete('encounter-gateway', 're')).toEqual(['results', 'retry'])
  expect(complete('encounter-gateway', 'submit', '--re')).toEqual(['--resume'])
  expect(complete('encounter-gateway', 'validate', 'package.js')).toEqual(['package.json'])
})

test('zsh is given every command and option, and nothing that its quotes do not hold', () => {
  const text = zshCompletion()
  for (const name of names) {
    expect(text).toContain(`'${name}:`)
    for (const option of Object.keys(reference[name].options)) expect(text).toContain(`'--${option}[`)
  }
  expect(text.split('\n').filter((line) => (line.match(/'/g)?.length ?? 0) % 2 === 1)).toEqual([])
})
