/** What a key stroke asks of the page; `null` for nothing. `before` is the key pressed just before it. */
export type Wish = 'palette' | 'search' | 'help' | { go: string }

export function wish(event: KeyboardEvent, before: string | null): Wish | null {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') return 'palette'
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return null
  if (before === 'g') return { go: event.key }
  if (event.key === '/') return 'search'
  if (event.key === '?') return 'help'
  return null
}

/** Whether keys are letters of a text there. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null
}
