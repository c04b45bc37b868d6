// agm as its users have it: a process in a throw-away directory, on free ports.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Vendor } from './vendors'
import { until } from './wait'

export const ADMIN = { user: 'admin', password: 'a password for the tests' }

/** The gateway key that a Worker is given, and that stands in its file. */
const keyOf = (worker: string) => `gateway-key-of-${worker}-0123456789`

/** The end of a switch. */
const ENDED = ['done', 'pending-restart', 'failed', 'rolled-back', 'rollback-incomplete']

export class Agm {
  /** Where the page and the API are. */
  management = ''
  gateway = ''
  readonly directory = mkdtempSync(join(tmpdir(), 'agm-e2e-'))
  readonly data = join(this.directory, 'data')
  #binary: string
  #process: ChildProcess | undefined

  private constructor(binary: string) {
    this.#binary = binary
  }

  static async start(binary: string): Promise<Agm> {
    const agm = new Agm(binary)
    await agm.up()
    return agm
  }

  /** Starts it; where it ran before, on the same ports. */
  async up(): Promise<void> {
    const endpoints = join(this.data, 'run', 'endpoints.json')
    rmSync(endpoints, { force: true })
    const host = (url: string) => (url ? new URL(url).host : '127.0.0.1:0')
    const listen = ['--listen', host(this.management), '--gateway-listen', host(this.gateway)]
    const output = openSync(join(this.directory, 'agm.out'), 'a')
    const started = spawn(this.#binary, ['up', '--data-dir', this.data, ...listen], {
      // Nothing of the surroundings; the background looks often, so that nobody has to wait for it.
      env: { PATH: process.env.PATH, HOME: this.directory, AGM_RECHECK: '1s', AGM_ADMIN_PASSWORD: ADMIN.password },
      stdio: ['ignore', output, output],
    })
    closeSync(output)
    this.#process = started
    const told = await until('agm up', () => {
      if (started.exitCode !== null) throw new Error(`agm ended:\n${this.output()}`)
      try {
        return JSON.parse(readFileSync(endpoints, 'utf8')) as { management: string; gateway: string }
      } catch {
        return undefined
      }
    })
    this.management = told.management.replace(/\/$/, '')
    this.gateway = told.gateway.replace(/\/$/, '')
  }

  /** Ends it as a user would. */
  async down(): Promise<void> {
    const running = this.#process
    if (!running || running.exitCode !== null) return
    const ended = once(running, 'exit')
    running.kill('SIGTERM')
    await ended
    if (running.exitCode !== 0) throw new Error(`agm ended with ${running.exitCode}:\n${this.output()}`)
  }

  /** Ends it, and looks over what it leaves behind. */
  async stop(): Promise<void> {
    await this.down()
    const output = this.output()
    if (output.includes('panicked at')) throw new Error(output)
    rmSync(this.directory, { recursive: true })
  }

  output(): string {
    return readFileSync(join(this.directory, 'agm.out'), 'utf8')
  }

  /** Asks the API, as the admin, beside the page. */
  async ask<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const login = Buffer.from(`${ADMIN.user}:${ADMIN.password}`).toString('base64')
    const response = await fetch(`${this.management}/api/v1/${path}`, {
      method,
      headers: { authorization: `Basic ${login}`, 'content-type': 'application/json', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return (text ? JSON.parse(text) : undefined) as T
  }

  async addProvider({ name, url, key }: Pick<Vendor, 'name' | 'url' | 'key'>): Promise<void> {
    await this.ask('POST', 'providers', { name, type: name, baseUrl: url, apiKey: [key] })
  }

  async addWorker(name: string, more: { config?: string } = {}): Promise<void> {
    await this.ask('POST', 'agents', { name, key: keyOf(name), ...more })
  }

  /** The switch, to its end. */
  async setModel(targets: string[], vendor: Vendor, model = vendor.model): Promise<void> {
    const { id } = await this.ask<{ id: string }>('POST', 'switches', { targets, provider: vendor.name, model })
    const report = await until('the switch', async () => {
      const report = await this.ask<{ state: string }>('GET', `switches/${id}`)
      return ENDED.includes(report.state) ? report : undefined
    })
    if (report.state !== 'done') throw new Error(`the switch: ${JSON.stringify(report)}`)
  }

  async key(agent: string): Promise<string> {
    return (await this.ask<{ key: string }>('POST', `agents/${encodeURIComponent(agent)}/key`)).key
  }

  /** A request of an agent, through the gateway. */
  async chat(agent: string, model: string): Promise<number> {
    const response = await fetch(`${this.gateway}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await this.key(agent)}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }),
    })
    await response.text()
    return response.status
  }

  /** A configuration file as OpenClaw has it, of a Worker to be. */
  openclaw(name: string, model: string): string {
    const path = join(this.directory, `${name}.json`)
    const provider = { baseUrl: `${this.gateway}/v1`, apiKey: keyOf(name), api: 'openai-completions' }
    const card = { id: model, name: model, reasoning: false, contextWindow: 100000, maxTokens: 8000, input: ['text'] }
    const config = {
      models: { mode: 'merge', providers: { 'hiclaw-gateway': { ...provider, models: [card] } } },
      agents: { defaults: { model: { primary: `hiclaw-gateway/${model}` } } },
    }
    writeFileSync(path, JSON.stringify(config, null, 2))
    return path
  }
}
