/** One event of a stream of server-sent events. */
export interface Frame {
  event: string
  data: string
}

/**
 * Reads server-sent events out of text that comes in pieces, as the HTML standard has them. Only `event` and `data`
 * matter here: this stream is never taken up again.
 */
export class SseReader {
  #line = ''
  #event = ''
  #data: string[] = []
  /** A piece ended in `\r`: a `\n` that comes next belongs to it. */
  #cr = false
  #begun = false

  /** The events that this piece completes. */
  push(piece: string): Frame[] {
    const frames: Frame[] = []
    for (const char of this.#begun || piece === '' ? piece : piece.replace(/^\uFEFF/, '')) {
      const former = this.#cr
      this.#cr = char === '\r'
      if (char === '\n' && former) continue
      if (char === '\n' || char === '\r') {
        const frame = this.#end(this.#line)
        if (frame) frames.push(frame)
        this.#line = ''
      } else {
        this.#line += char
      }
    }
    this.#begun ||= piece !== ''
    return frames
  }

  #end(line: string): Frame | undefined {
    if (line === '') {
      const frame = this.#data.length > 0 ? { event: this.#event || 'message', data: this.#data.join('\n') } : undefined
      this.#event = ''
      this.#data = []
      return frame
    }
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') this.#event = value
    else if (field === 'data') this.#data.push(value)
    return undefined
  }
}

/** The events of an answer's body, as they come. */
export async function* frames(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Frame> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  const sse = new SseReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield* sse.push(value)
    }
  } finally {
    // Whoever stops reading lets go of the connection, and with it of the answer that is being made.
    await reader.cancel().catch(() => {})
  }
}
