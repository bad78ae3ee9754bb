import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { countText } from './pace.ts'
import { openProgress } from './progress.ts'
import type { Terminal } from './terminal.ts'

function terminalOf(isTTY: boolean, json = false, columns = 120) {
  const streams = [new PassThrough(), new PassThrough()].map((stream) => Object.assign(stream, { isTTY, columns }))
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
  progress.show({ done: 4, total: 4, failures: '1 failed', note: '3 succeeded' })
}

test('where nobody looks there are plain lines, the last of them always', async () => {
  const { terminal, written } = terminalOf(false)
  work(terminal)
  expect(await written()).toEqual({
    out: 'Work 100% 1 failed, 4 of 4, 3 succeeded\n',
    err: '',
    remarks: ['no room; again in 2 s'],
  })
})

test('where a person looks there is a bar, remarks have lines of their own, and the cursor comes back', async () => {
  const { terminal, written } = terminalOf(true)
  const { remark } = terminal
  work(terminal)
  const { out, remarks } = await written()
  expect(out).toContain('█')
  expect(out).toContain('100% 1 failed, 4 of 4, 3 succeeded')
  expect(out.lastIndexOf('\u001B[?25h')).toBeGreaterThan(out.lastIndexOf('\u001B[?25l'))
  expect(remarks).toEqual(['no room; again in 2 s'])
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

test.for([80, 40])(
  'in %i columns nothing is cut: failures come first, and what does not fit is left out',
  async (columns) => {
    const { terminal, written } = terminalOf(true, false, columns)
    {
      using progress = openProgress(terminal, { label: 'Work', amount: countText })
      const failures = '12,345 failed, 678 in doubt'
      progress.show({ done: 500_000, total: 1_000_000, failures, note: '486,977 succeeded' })
    }
    const { out } = await written()
    // without what moves the cursor and clears
    const frames = out
      .split(new RegExp(String.raw`[\r\n]|\u001B\[[\d;?]*[A-Za-z]`))
      .filter((frame) => frame.startsWith('Work'))
    expect(frames.length).toBeGreaterThan(0)
    for (const frame of frames) {
      expect(frame.length).toBeLessThan(columns)
      expect(frame).toMatch(
        /^Work (?:[█░]+ )?50% 12,345 failed, 678 in doubt(?:, 500,000 of 1,000,000)?(?:, 486,977 succeeded)?$/,
      )
    }
  },
)
