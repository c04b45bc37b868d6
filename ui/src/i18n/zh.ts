import type { Key } from './en'
import { codes } from './zh/codes'
import { shell } from './zh/shell'
import { switches } from './zh/switch'
import { words } from './zh/words'

export const zh: Record<Key, string> = { ...codes, ...shell, ...switches, ...words }
