import type { BrowserContext, Response } from '@playwright/test'

/** What nobody expects of the page. An answer with an error is expected only where the test says so. */
export class Watch {
  #found: string[] = []
  #expected: { status: number; path: RegExp }[] = []
  #lossExpected = false
  #over = false
  #origins = new Set<string>()

  constructor(context: BrowserContext) {
    context.on('console', message => {
      // The browser tells of every failed request; whether it may fail is judged below.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        this.#find(`console: ${message.text()}`)
      }
    })
    context.on('weberror', error => this.#find(`page: ${error.error().stack ?? error.error().message}`))
    context.on('request', request => {
      const url = new URL(request.url())
      if (url.protocol === 'blob:' || url.protocol === 'about:') return
      if (!this.#origins.has(url.origin)) this.#find(`another origin: ${request.url()}`)
    })
    context.on('response', response => this.#judge(response))
    context.on('requestfailed', request => {
      // A screen that is left drops what it asked for.
      const why = request.failure()?.errorText ?? ''
      if (this.#lossExpected || why === 'net::ERR_ABORTED') return
      this.#find(`no answer: ${request.method()} ${request.url()}: ${why}`)
    })
  }

  /** Requests to this origin are the page's own. */
  own(url: string): void {
    this.#origins.add(new URL(url).origin)
  }

  /** An answer that the test provokes. */
  expect(status: number, path: RegExp): void {
    this.#expected.push({ status, path })
  }

  /** The connection will be lost. */
  expectLoss(): void {
    this.#lossExpected = true
  }

  /** The test is over: that agm goes away now is not the page's fault. */
  end(): void {
    this.#over = true
  }

  get found(): string[] {
    return this.#found
  }

  #find(what: string): void {
    if (!this.#over) this.#found.push(what)
  }

  #judge(response: Response): void {
    const { pathname } = new URL(response.url())
    const status = response.status()
    if (status < 400 || this.#expected.some(one => one.status === status && one.path.test(pathname))) return
    this.#find(`${status}: ${response.request().method()} ${pathname}`)
  }
}
