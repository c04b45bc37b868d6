// Whether what is shown is of the language in force. It stands on the page's own dictionaries.

import type { Page } from '@playwright/test'
import { en } from '../../ui/src/i18n/en'
import { zh } from '../../ui/src/i18n/zh'

export type Language = 'en' | 'zh'

/** Every text that is seen or spoken, but names, code, and sentences of the server, which are marked as English. */
async function texts(page: Page, language: Language): Promise<string[]> {
  return page.evaluate(language => {
    const found = new Set<string>()
    const skipped = `[translate="no"], code, pre, kbd, samp, script, style, noscript${language === 'zh' ? ', [lang="en"]' : ''}`
    const isShown = (element: Element) => element.closest(skipped) === null && element.checkVisibility()
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
      const text = walker.currentNode.textContent?.replace(/\s+/g, ' ').trim()
      if (text && isShown(walker.currentNode.parentElement!)) found.add(text)
    }
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) {
      for (const element of document.querySelectorAll(`[${name}]`)) {
        const text = element.getAttribute(name)?.trim()
        if (text && isShown(element)) found.add(text)
      }
    }
    return [...found]
  }, language)
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Everything that a text of the dictionary can become. */
function pattern(text: string): RegExp {
  const parts = text.replace(/\s+/g, ' ').split(/(\{\w+(?::[^|{}]*(?:\{\}[^|{}]*)?\|[^|{}]*(?:\{\}[^|{}]*)?)?\})/)
  const whole = parts.map((part, index) => {
    if (index % 2 === 0) return escape(part)
    const forms = /^\{\w+:(.*)\}$/.exec(part)?.[1]
    return forms
      ? `(?:${forms
          .split('|')
          .map(form => escape(form).replace('\\{\\}', '[\\d.,K]+'))
          .join('|')})`
      : '.+'
  })
  return new RegExp(`^${whole.join('')}$`)
}

const own = (text: string) => text.replace(/\{[^}]*\}/g, '').replace(/[^A-Za-z]/g, '').length
const keys = Object.keys(en) as (keyof typeof en)[]
/** English that Chinese says otherwise, and that is more than a placeholder. */
const english = keys.filter(key => en[key] !== zh[key] && own(en[key]) > 2).map(key => ({ key, is: pattern(en[key]) }))
const chinese = keys.filter(key => /\p{Script=Han}/u.test(zh[key])).map(key => pattern(zh[key]))

/** What of the page is not in its language, or was not filled. */
export async function strange(page: Page, language: Language): Promise<string[]> {
  const found: string[] = []
  for (const text of await texts(page, language)) {
    if (/\{\w*(:[^}]*)?\}/.test(text)) found.push(`not filled: ${text}`)
    if (language === 'en' && /\p{Script=Han}/u.test(text) && text !== '中文') found.push(`Chinese: ${text}`)
    if (language === 'zh' && !chinese.some(is => is.test(text))) {
      const key = english.find(({ is }) => is.test(text))?.key
      if (key) found.push(`English: ${text} (${key})`)
    }
  }
  return found
}
