import { expect, test } from 'vitest'
import { frames, SseReader, type Frame } from './sse'

const read = (...pieces: string[]): Frame[] => {
  const reader = new SseReader()
  return pieces.flatMap(piece => reader.push(piece))
}

const text =
  '\uFEFF: welcome\n\nevent: start\r\ndata: {"a":1}\r\n\r\ndata:no space\rdata:  two spaces\r\rid: 7\nretry: 5\n\n' +
  'event: lost\n\ndata\n\nevent: delta\ndata: 你好 🙂: {"x": "\\n"}\n\ndata: never ended\n'
const expected: Frame[] = [
  { event: 'start', data: '{"a":1}' },
  { event: 'message', data: 'no space\n two spaces' },
  { event: 'message', data: '' },
  { event: 'delta', data: '你好 🙂: {"x": "\\n"}' },
]

test('events of every kind of line', () => {
  expect(read(text)).toEqual(expected)
})

test('whatever the pieces, the events are the same', () => {
  const chars = [...text]
  for (let size = 1; size < 12; size++) {
    const pieces = Array.from({ length: Math.ceil(chars.length / size) }, (_, index) =>
      chars.slice(index * size, (index + 1) * size).join(''),
    )
    expect(read(...pieces)).toEqual(expected)
    expect(read(...pieces.flatMap(piece => ['', piece]))).toEqual(expected)
  }
})

test('letters that are cut in two arrive whole, and leaving early lets go of the stream', async () => {
  const bytes = new TextEncoder().encode('data: 你好\n\ndata: more\n\n')
  let left = false
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]))
    },
    cancel() {
      left = true
    },
  })
  for await (const frame of frames(body)) {
    expect(frame.data).toBe('你好')
    break
  }
  expect(left).toBe(true)
})
