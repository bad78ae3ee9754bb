import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { openProgress } from './progress.ts'
import type { Terminal } from './terminal.ts'

function terminalOf(isTTY: boolean, json = false) {
  const streams = [new PassThrough(), new PassThrough()].map((stream) => Object.assign(stream, { isTTY, columns: 120 }))
  const [out, err] = streams as unknown as [NodeJS.WriteStream, NodeJS.WriteStream]
  const remarks: string[] = []
  const terminal: Terminal = { out, err, env: {}, json, remark: (said) => void remarks.push(said) }
  const written = async () => {
    for (const stream of streams) stream.end()
    return { out: await text(out), err: await text(err), remarks }
  }
  return { terminal, written }
}

function work(terminal: Terminal) {
  using progress = openProgress(terminal, { label: 'Work', amount: String })
  progress.show({ done: 1, total: 4, note: '1 succeeded' })
  terminal.remark('no room; again in 2 s')
  progress.show({ done: 4, total: 4, note: '3 succeeded, 1 failed' })
}

test('where nobody looks there are plain lines, the last of them always', async () => {
  const { terminal, written } = terminalOf(false)
  work(terminal)
  expect(await written()).toEqual({
    out: 'Work 100% 4 of 4, 3 succeeded, 1 failed\n',
    err: '',
    remarks: ['no room; again in 2 s'],
  })
})

test('where a person looks there is a bar, which also shows what is remarked, and the cursor comes back', async () => {
  const { terminal, written } = terminalOf(true)
  const { remark } = terminal
  work(terminal)
  const { out, remarks } = await written()
  expect(out).toContain('█')
  expect(out).toContain('100% 4 of 4, 3 succeeded, 1 failed')
  expect(out.lastIndexOf('\u001B[?25h')).toBeGreaterThan(out.lastIndexOf('\u001B[?25l'))
  expect(remarks).toEqual([])
  expect(terminal.remark).toBe(remark)
})

test('where a program reads, standard output is its own', async () => {
  const piped = terminalOf(false, true)
  work(piped.terminal)
  expect(await piped.written()).toMatchObject({ out: '', err: '' })
  const watched = terminalOf(true, true)
  work(watched.terminal)
  const { out, err } = await watched.written()
  expect(out).toBe('')
  expect(err).toContain('█')
})
