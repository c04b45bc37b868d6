// What stands between the browser and agm, or between agm and a vendor: a proxy that does what a test needs.

import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

export class Edge {
  url = ''
  #server: Server
  #sockets = new Set<Socket>()
  #target: URL
  #delays: { path: RegExp; ms: number }[] = []
  #answers: { path: RegExp; answer: Answer; after: number }[] = []
  #refused: RegExp | undefined
  #open = new Set<{ path: string; response: ServerResponse }>()
  /** Taken off every path before it is passed on. */
  #strip: string

  private constructor(target: string, strip: string) {
    this.#target = new URL(target)
    this.#strip = strip
    this.#server = createServer((asked, response) => this.#take(asked, response))
    this.#server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  static async start(target: string, { strip = '' } = {}): Promise<Edge> {
    const edge = new Edge(target, strip)
    edge.#server.listen(0, '127.0.0.1')
    await once(edge.#server, 'listening')
    edge.url = `http://127.0.0.1:${(edge.#server.address() as AddressInfo).port}${strip}`
    return edge
  }

  /** What matches is passed on only after this time. */
  delay(path: RegExp, ms: number): void {
    this.#delays.push({ path, ms })
  }

  prompt(): void {
    this.#delays = []
  }

  /** Answers in its place, once so many have been passed on. */
  answer(path: RegExp, answer: Answer | object, { after = 0 } = {}): void {
    const given =
      typeof answer === 'function'
        ? (answer as Answer)
        : (_: IncomingMessage, response: ServerResponse) => {
            response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
          }
    this.#answers.push({ path, answer: given, after })
  }

  /** Breaks what is under way, and everything that matches from now on. */
  cut(path = /^/): void {
    this.#refused = path
    for (const { path: asked, response } of this.#open) if (path.test(asked)) response.destroy()
  }

  mend(): void {
    this.#refused = undefined
  }

  async stop(): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await once(this.#server, 'close')
  }

  #take(asked: IncomingMessage, response: ServerResponse): void {
    const path = asked.url ?? '/'
    if (this.#refused?.test(path)) return void asked.socket.destroy()
    const open = { path, response }
    this.#open.add(open)
    response.on('close', () => this.#open.delete(open))
    const ms = this.#delays.find(delay => delay.path.test(path))?.ms ?? 0
    if (ms) setTimeout(() => this.#pass(path, asked, response), ms)
    else this.#pass(path, asked, response)
  }

  #pass(path: string, asked: IncomingMessage, response: ServerResponse): void {
    const own = this.#answers.find(one => one.path.test(path))
    if (own && own.after-- <= 0) return own.answer(asked, response)
    if (!path.startsWith(this.#strip)) return void response.writeHead(404).end()
    const passed = request(
      {
        host: this.#target.hostname,
        port: this.#target.port,
        method: asked.method,
        path: path.slice(this.#strip.length) || '/',
        headers: asked.headers,
      },
      answer => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
        answer.on('error', () => response.destroy())
      },
    )
    passed.on('error', () => response.destroy())
    response.on('close', () => passed.destroy())
    asked.pipe(passed)
  }
}
