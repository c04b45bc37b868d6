import './fonts.css'
import './tokens.css'
import './sprites.css'
import './base.css'
import './chart.css'
import { remember, remembered } from '../state/remembered'

export const themes = ['pixel', 'cyber', 'office'] as const
export type Theme = (typeof themes)[number]

const isTheme = (name: string | null): name is Theme => themes.includes(name as Theme)

/** The theme in force: chosen once, remembered by this browser. */
class ThemeChoice {
  #name = $state<Theme>('pixel')

  constructor() {
    const former = remembered('theme')
    this.name = isTheme(former) ? former : 'pixel'
  }

  get name(): Theme {
    return this.#name
  }

  set name(name: Theme) {
    this.#name = name
    document.documentElement.dataset.theme = name
    remember('theme', name)
  }
}

export const theme = new ThemeChoice()
