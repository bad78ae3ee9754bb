import { expect, test } from 'vitest'
import { commitIn, frame, FrameError, FrameReader } from './mllp-frame.ts'

const texts = (reader: FrameReader, ...chunks: (Buffer | string)[]) =>
  chunks.flatMap((chunk) => Array.from(reader.read(Buffer.from(chunk)), String))

test('a frame is the message between 0x0B and 0x1C 0x0D', () => {
  expect(frame(Buffer.from('MSH'))).toEqual(Buffer.from('\x0bMSH\x1c\r'))
})

test('reads frames however their bytes are split', () => {
  const bytes = Buffer.concat([frame(Buffer.from('one')), frame(Buffer.from('')), frame(Buffer.from('zwölf'))])
  expect(texts(new FrameReader(100), bytes)).toEqual(['one', '', 'zwölf'])
  for (let cut = 0; cut <= bytes.length; cut++) {
    const parts = [bytes.subarray(0, cut), bytes.subarray(cut)]
    expect(texts(new FrameReader(100), ...parts)).toEqual(['one', '', 'zwölf'])
  }
  expect(texts(new FrameReader(100), ...Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(['one', '', 'zwölf'])
})

test('skips line breaks between frames, and accepts a frame whose CR is missing', () => {
  expect(texts(new FrameReader(100), '\r\n\x0bone\x1c\x0btwo\x1c\r\n')).toEqual(['one', 'two'])
})

test('skips padding, a byte order mark and a bare commit between frames', () => {
  expect(texts(new FrameReader(100), '\x06\ufeff \0\x0bone\x1c\r\x06\r\n\x0btwo\x1c')).toEqual(['one', 'two'])
})

test('recognises the commit blocks of MLLP Release 2', () => {
  expect(['\x06', '\x15', '', 'MSH', '\x06\x06'].map((text) => commitIn(Buffer.from(text)))).toEqual([
    'stored',
    'not stored',
    undefined,
    undefined,
    undefined,
  ])
})

test('anything else between frames is not MLLP', () => {
  expect(() => texts(new FrameReader(100), 'HTTP/1.1 400')).toThrow(FrameError)
  expect(() => texts(new FrameReader(100), '\x0bone\x1c\rtwo')).toThrow(FrameError)
})

test('a frame larger than allowed is refused before its end has arrived', () => {
  expect(texts(new FrameReader(3), '\x0bone\x1c\r', '\x0btwo\x1c')).toEqual(['one', 'two'])
  expect(() => texts(new FrameReader(3), '\x0bfo', 'ur')).toThrow(FrameError)
})
