// The scripted vendors: one process, told over its standard input what to do (crates/simvendor/examples/vendors.rs).

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'

/** One vendor. What it is told lasts until `reset`. */
export class Vendor {
  readonly url: string
  readonly key: string
  /** The model that nobody else serves; all of them serve `demo`. */
  readonly model: string
  readonly name: string
  #vendors: Vendors

  constructor(vendors: Vendors, name: string, told: { url: string; key: string; models: string[] }) {
    this.#vendors = vendors
    this.name = name
    this.url = told.url
    this.key = told.key
    this.model = told.models.find(model => model !== 'demo') ?? 'demo'
  }

  refuseNext(status: number): Promise<unknown> {
    return this.#vendors.tell(`${this.name} error ${status}`)
  }

  hangNext(): Promise<unknown> {
    return this.#vendors.tell(`${this.name} hang`)
  }

  pace(frames: number, gapMs: number): Promise<unknown> {
    return this.#vendors.tell(`${this.name} pace ${frames} ${gapMs}`)
  }

  takeOnly(key: string): Promise<unknown> {
    return this.#vendors.tell(`${this.name} key ${key}`)
  }

  reset(): Promise<unknown> {
    return this.#vendors.tell(`${this.name} reset`)
  }
}

/** All of them, by the name of whom they imitate. */
export class Vendors {
  readonly openai: Vendor
  readonly qwen: Vendor
  readonly deepseek: Vendor
  readonly moonshot: Vendor
  #process: ChildProcess
  #answers: Interface
  /** One command at a time: the next line is its answer. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor(process: ChildProcess, answers: Interface, told: Record<string, never>) {
    this.#process = process
    this.#answers = answers
    const named = (name: string) => new Vendor(this, name, told[name]!)
    this.openai = named('openai')
    this.qwen = named('qwen')
    this.deepseek = named('deepseek')
    this.moonshot = named('moonshot')
  }

  static async start(binary: string): Promise<Vendors> {
    const process = spawn(binary, { stdio: ['pipe', 'pipe', 'inherit'] })
    const answers = createInterface({ input: process.stdout })
    const [line] = (await once(answers, 'line')) as [string]
    return new Vendors(process, answers, JSON.parse(line))
  }

  tell(command: string): Promise<unknown> {
    this.#last = this.#last.then(async () => {
      const answer = once(this.#answers, 'line')
      this.#process.stdin?.write(`${command}\n`)
      const told = JSON.parse(((await answer) as [string])[0]) as { ok?: unknown; error?: string }
      if (told.error !== undefined) throw new Error(`${command}: ${told.error}`)
      return told.ok
    })
    return this.#last
  }

  async reset(): Promise<void> {
    for (const vendor of [this.openai, this.qwen, this.deepseek, this.moonshot]) await vendor.reset()
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit')
    this.#process.stdin?.end()
    await ended
  }
}
