import { remember, remembered } from '../state/remembered'
import { en, type Key } from './en'
import { fill } from './fill'

export type { Key }
export const languages = { en: 'English', zh: '中文' } as const
export type Language = keyof typeof languages

const isLanguage = (name: string | null): name is Language => name !== null && name in languages

/** The language in force and its dictionary. English is part of the page, every other one is loaded when it is chosen. */
class Tongue {
  #language = $state<Language>('en')
  #dictionary = $state.raw<Record<Key, string>>(en)

  get language(): Language {
    return this.#language
  }

  get dictionary(): Record<Key, string> {
    return this.#dictionary
  }

  async speak(language: Language): Promise<void> {
    this.#dictionary = language === 'en' ? en : (await import('./zh')).zh
    this.#language = language
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
    remember('language', language)
  }

  /** The language chosen here before, else the browser's. */
  async speakAsBefore(): Promise<void> {
    const former = remembered('language')
    await this.speak(isLanguage(former) ? former : navigator.language.startsWith('zh') ? 'zh' : 'en')
  }
}

export const tongue = new Tongue()

/** A text of the dictionary in force, with its placeholders filled. */
export function t(key: Key, values?: Record<string, string | number>): string {
  return fill(tongue.dictionary[key], values, tongue.language)
}
